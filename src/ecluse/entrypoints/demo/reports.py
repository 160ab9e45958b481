"""What others report of the demonstration's domain: two weeks of a large mailbox provider, and a forger in them."""

from __future__ import annotations

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_reports import ControlToldReports
from ecluse.domain.received_report import ReceivedReport, ReportKind, ReportMail, ReportSource

OUR_ADDRESS = "192.0.2.10"
DAYS, DAY_S = 14, 86_400.0
_NEWSLETTER, _FORGER = "198.51.100.25", "203.0.113.66"


def report_two_weeks(database: str, client: str, domain: str, now: float) -> None:
    """Tell the control plane what nodes would have read, day by day."""
    opened = Database(database)
    told = ControlToldReports(opened)
    for ago in range(DAYS, 0, -1):
        mail = ReportMail(f"demo-{ago}", client, now - ago * DAY_S, "mailbox.example")
        for kind, sources in ((ReportKind.DMARC, _senders(ago)), (ReportKind.TLS, _sessions(ago))):
            begin = int(mail.received_at - DAY_S)
            told.tell(
                ReceivedReport(mail, kind, domain, "Mailbox", f"{ago}", begin, begin + int(DAY_S), "p=none", sources)
            )
    told.close()


def _senders(ago: int) -> tuple[ReportSource, ...]:
    return (
        ReportSource(OUR_ADDRESS, 30 + ago % 7, 0, dkim=True, spf=True),
        ReportSource(_NEWSLETTER, 4, 0, dkim=True),
        ReportSource(_FORGER, 0, 9 * (ago % 5)),
    )


def _sessions(ago: int) -> tuple[ReportSource, ...]:
    fine = ReportSource("", 40 + ago % 9, 0, "sts")
    return (fine, ReportSource("", 0, 2, "sts-policy-fetch-error")) if ago in (9, 10) else (fine,)
