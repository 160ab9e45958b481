"""Reads the reports in the mails of an inbox into the store."""

from __future__ import annotations

import structlog

from ecluse.domain.errors import Unavailable
from ecluse.ports.received_reports import ReceivedReports
from ecluse.ports.report_inbox import ReportInbox
from ecluse.wire.reports.faults import UnreadableReport
from ecluse.wire.reports.received import reports_in

log = structlog.get_logger()


def read_reports(inbox: ReportInbox, reports: ReceivedReports) -> int:
    """All that wait; how many reports were new. Raises `Unavailable` when a store fails: the rest waits on."""
    return sum(_read(mail_id, inbox, reports) for mail_id in inbox.waiting())


def _read(mail_id: str, inbox: ReportInbox, reports: ReceivedReports) -> int:
    taken = inbox.take(mail_id)
    if taken is None:
        return 0
    mail, content = taken
    new = 0
    try:
        for report in reports_in(content, mail):
            new += reports.add(report)
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
