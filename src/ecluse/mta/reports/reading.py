"""Reads the reports in the mails of an inbox into the store."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReceivedReport, ReportMail
from ecluse.ports.complaints import Complaints
from ecluse.ports.received_reports import ReceivedReports
from ecluse.ports.report_inbox import ReportInbox
from ecluse.ports.told_reports import ToldReports
from ecluse.wire.reports.complaint import complaint_in
from ecluse.wire.reports.faults import BrokenReport, UnreadableReport
from ecluse.wire.reports.received import reports_in

log = structlog.get_logger()

# What is shown by day has to be of these days: reporters are late by hours, not by months.
LATEST_S, EARLIEST_S = 32 * 86_400.0, 2 * 86_400.0


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """Who deals with what nodes read. A node without a control plane has none."""

    complaints: Complaints
    reports: ToldReports


def read_reports(inbox: ReportInbox, reports: ReceivedReports, control: ControlPlane | None = None) -> int:
    """All that wait; how many reports and complaints were new. Raises `Unavailable` when a store fails: the rest waits on.

    Without a control plane nobody deals with complaints, and they are passed over.
    """
    return sum(_read(mail_id, inbox, reports, control) for mail_id in inbox.waiting())


def _read(mail_id: str, inbox: ReportInbox, reports: ReceivedReports, control: ControlPlane | None) -> int:
    taken = inbox.take(mail_id)
    if taken is None:
        return 0
    mail, content = taken
    new = 0
    try:
        new = _keep(mail, content, reports, control)
    except UnreadableReport as problem:
        # Nothing is lost: the mail was delivered. People write to such addresses too.
        log.info("no report read", id=mail_id, problem=str(problem))
    except Unavailable:
        inbox.put_back(mail_id)
        raise
    except Exception:
        log.exception("report not read by a fault of ours", id=mail_id)
    inbox.remove(mail_id)
    return new


def _keep(mail: ReportMail, content: Content, reports: ReceivedReports, control: ControlPlane | None) -> int:
    """How many were new. Raises `UnreadableReport` for a mail with none."""
    try:
        found = reports_in(content, mail)
    except BrokenReport:
        if control is None:
            raise
        return int(control.complaints.add(complaint_in(content, mail)))
    if control is not None:
        # First: while the control plane is away the mail waits, and is not known here yet.
        for each in filter(_is_of_these_days, found):
            control.reports.tell(each)
    return sum(map(reports.add, found))


def _is_of_these_days(report: ReceivedReport) -> bool:
    received_at = report.mail.received_at
    return received_at - LATEST_S <= report.begin <= received_at + EARLIEST_S
