"""What others report about clients' domains, told to the control database.

Anybody may write to an address that stands in the DNS, and say there what he likes: it is bounded by domain, and by who stands
behind the mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import structlog

from ecluse.adapters.controldb.database import Database, Transaction
from ecluse.domain.received_report import MAX_COUNT, ReceivedReport

log = structlog.get_logger()

MOST_SOURCES = 50  # Of one report, the largest.
MOST_A_DAY = 300  # Of one kind about one domain.
MOST_OF_ONE = 24  # Of these by one reporter: some write each hour. Those that nobody stands behind are one reporter.
MAX_SOURCE, MAX_REASON, MAX_POLICY = 253, 64, 100  # Characters.
_MOST_LABELS = 8  # Of a domain: below its owner's stand few.
_DAY_S = 86_400.0


class ControlToldReports:
    """The port `ToldReports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, report: ReceivedReport) -> bool:
        """See `ToldReports.tell`."""
        with self._database.transaction() as transaction:
            owner = _owner(transaction, report.domain)
            if owner is None:
                return False
            client, domain = owner
            if not _has_room(transaction, report, domain):
                log.warning("report not shown", id=report.mail.id, domain=report.domain, problem="too many of this day")
                return False
            return _add(transaction, report, client, domain)

    def close(self) -> None:
        """Let go of the connection; the next use makes a new one."""
        self._database.close()


def _owner(transaction: Transaction, name: str) -> tuple[int, int] | None:
    """Client and domain: the closest one above that is somebody's."""
    for each in _above(name):
        for client, domain in transaction.rows("owner_of_domain", name=each):
            return client, domain
    return None


def _above(name: str) -> Iterator[str]:
    labels = name.split(".")[-_MOST_LABELS:]
    yield from (".".join(labels[at:]) for at in range(len(labels) - 1))


def _has_room(transaction: Transaction, report: ReceivedReport, domain: int) -> bool:
    mail = report.mail
    [(whole, own)] = transaction.rows(
        "reports_of_a_day",
        domain=domain,
        kind=report.kind.value,
        proven=mail.proven,
        since=mail.received_at - _DAY_S,
    )
    return int(whole) < MOST_A_DAY and int(own) < MOST_OF_ONE


def _add(transaction: Transaction, report: ReceivedReport, client: int, domain: int) -> bool:
    mail, name = report.mail, _id(report, client)
    added = transaction.run(
        "tell_domain_report",
        id=name,
        client=client,
        domain=domain,
        name=report.domain[:MAX_SOURCE],
        kind=report.kind.value,
        proven=mail.proven[:MAX_SOURCE],
        policy=_plain(report.policy, MAX_POLICY),
        begin=report.begin,
        received_at=mail.received_at,
        passed=min(report.passed, MAX_COUNT),
        failed=min(report.failed, MAX_COUNT),
    )
    for one in report.totals(MOST_SOURCES) if added else ():
        transaction.run(
            "tell_reported_source",
            client=client,
            report=name,
            source=_plain(one.source, MAX_SOURCE),
            reason=_plain(one.reason, MAX_REASON),
            passed=one.passed,
            failed=one.failed,
            dkim=one.dkim,
            spf=one.spf,
            turned_away=one.turned_away,
        )
    return added > 0


def _id(report: ReceivedReport, client: int) -> str:
    """The same report comes to any node, and more than once; whoever forges another's has another proof, or none."""
    told = (report.kind.value, report.domain, report.mail.proven, report.reporter, report.report_id, report.begin)
    return hashlib.sha256(repr((client, *told)).encode()).hexdigest()


def _plain(text: str, most: int) -> str:
    return text.replace("\0", "\ufffd")[:most]
