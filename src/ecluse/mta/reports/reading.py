"""Reads the reports in the mails of an inbox into the store."""

from __future__ import annotations

import structlog

from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReportMail
from ecluse.ports.complaints import Complaints
from ecluse.ports.received_reports import ReceivedReports
from ecluse.ports.report_inbox import ReportInbox
from ecluse.wire.reports.complaint import complaint_in
from ecluse.wire.reports.faults import BrokenReport, UnreadableReport
from ecluse.wire.reports.received import reports_in

log = structlog.get_logger()


def read_reports(inbox: ReportInbox, reports: ReceivedReports, complaints: Complaints | None = None) -> int:
    """All that wait; how many reports and complaints were new. Raises `Unavailable` when a store fails: the rest waits on.

    Without a control plane nobody deals with complaints, and they are passed over.
    """
    return sum(_read(mail_id, inbox, reports, complaints) for mail_id in inbox.waiting())


def _read(mail_id: str, inbox: ReportInbox, reports: ReceivedReports, complaints: Complaints | None) -> int:
    taken = inbox.take(mail_id)
    if taken is None:
        return 0
    mail, content = taken
    new = 0
    try:
        new = _keep(mail, content, reports, complaints)
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


def _keep(mail: ReportMail, content: Content, reports: ReceivedReports, complaints: Complaints | None) -> int:
    """How many were new. Raises `UnreadableReport` for a mail with none."""
    try:
        return sum(reports.add(report) for report in reports_in(content, mail))
    except BrokenReport:
        if complaints is None:
            raise
        return int(complaints.add(complaint_in(content, mail)))
