"""Our own reports of one day: counted from the journal, written as files, sent where that is wanted. Read `write_day`."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

import structlog

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import MessageEvent
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient, outbound_destination
from ecluse.domain.received_report import ReportKind
from ecluse.mta.reports.destinations import destinations
from ecluse.mta.reports.dmarc_tally import DmarcTally
from ecluse.mta.reports.tls_tally import TlsTally
from ecluse.ports.doorbell import Doorbell
from ecluse.ports.report_files import ReportFiles
from ecluse.ports.resolver import Resolver
from ecluse.ports.spool import Spool
from ecluse.wire.reports import tlsrpt
from ecluse.wire.reports.aggregate import PublishedPolicy, Report, Row, write
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.submission import Submission, mail, packed
from ecluse.wire.reports.tlsrpt import TlsSessions

DAY_S = 86_400
AT_ONCE = 50  # Domains that the DNS is asked about: a dead one costs seconds for each lot.
PACE_S = 2.0  # Between two mails: reports are in no hurry, and their receivers get them from everybody.
MAX_MAIL_OCTETS = 10_485_760  # Packed; receivers take little more.

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends reports through the spool."""

    spool: Spool
    doorbell: Doorbell
    has_smart_host: bool
    max_a_day: int


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and what it needs for that."""

    hostname: str
    organisation: Organisation
    resolver: Resolver
    files: ReportFiles
    outbox: Outbox | None  # None: nothing is sent.


@dataclass(frozen=True, slots=True)
class Written:
    """One report of the day."""

    kind: ReportKind
    domain: str
    count: int  # Messages, or sessions of a TLS report.
    file: str
    destinations: tuple[Address, ...]
    sent: int  # Mails that went, now or before.


def period_of(day: str) -> Period:
    """The UTC day "2026-11-26". Raises `ValueError` for what is none."""
    begin = int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    return Period(begin, begin + DAY_S - 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a day's journal comes to."""

    dmarc: DmarcTally = field(default_factory=DmarcTally)
    tls: TlsTally = field(default_factory=TlsTally)


def tallied(events: Iterable[MessageEvent]) -> Tally:
    """Count the records of a day: may take its time, so that a thread of its own is best."""
    tally = Tally()
    for event in events:
        tally.dmarc.add(event)
        tally.tls.add(event)
    if tally.dmarc.untold:
        log.warning("reports left messages out", messages=tally.dmarc.untold)
    return tally


async def write_day(day: str, tally: Tally, reporter: Reporter, now: float) -> tuple[Written, ...]:
    """One report for each published policy that asks for one, and whose destinations agree; TLS reports as files.

    Raises `Unavailable`.
    """
    written = [_write_tls(day, domain, sessions, reporter) for domain, sessions in tally.tls.domains()]
    policies = tally.dmarc.policies()
    while some := tuple(islice(policies, AT_ONCE)):
        found = await asyncio.gather(*(destinations(policy.domain, reporter.resolver) for policy, _ in some))
        for (policy, rows), wanted in zip(some, found, strict=True):
            if wanted:
                written.append(await _write(day, policy, rows, wanted, reporter, now))
    if period_of(day).end < now:
        reporter.files.complete(day)
    return tuple(written)


async def _write(
    day: str,
    policy: PublishedPolicy,
    rows: tuple[Row, ...],
    wanted: tuple[Address, ...],
    reporter: Reporter,
    now: float,
) -> Written:
    report = Report(reporter.organisation, _report_id(day, policy, reporter.hostname), period_of(day), policy, rows)
    submission = Submission(reporter.hostname, report, packed(write(report)))
    reporter.files.keep(day, submission.file_name, submission.packed)
    sent = [address for address in wanted if await _send(day, submission, address, reporter, now)]
    return Written(
        ReportKind.DMARC, policy.domain, sum(row.count for row in rows), submission.file_name, wanted, len(sent)
    )


def _write_tls(day: str, domain: str, sessions: tuple[TlsSessions, ...], reporter: Reporter) -> Written:
    """As data alone: who gets them, and signed, comes with delivery by MX."""
    period = period_of(day)
    report_id = f"{day}.{hashlib.sha256(domain.encode()).hexdigest()[:16]}@{reporter.hostname}"
    octets = tlsrpt.build(sessions, reporter.organisation, period, report_id)
    name = f"{reporter.hostname}!{domain}!{period.begin}!{period.end}!{report_id.partition('@')[0]}.json.gz"
    reporter.files.keep(day, name, packed(octets))
    return Written(ReportKind.TLS, domain, sum(one.count for one in sessions), name, (), 0)


def _report_id(day: str, policy: PublishedPolicy, hostname: str) -> str:
    """The same for the same day and policy: a report that is made twice is the same report."""
    digest = hashlib.sha256(repr((day, policy)).encode()).hexdigest()[:16]
    return f"{day}.{digest}@{hostname}"


async def _send(day: str, submission: Submission, recipient: Address, reporter: Reporter, now: float) -> bool:
    """Whether the mail is on its way, now or since before."""
    name, outbox = f"{submission.report.report_id} {recipient}", reporter.outbox
    if reporter.files.is_sent(day, name):
        return True
    before = reporter.files.sent(day)
    if outbox is None or before >= outbox.max_a_day or len(submission.packed) > MAX_MAIL_OCTETS:
        return False
    mail_id = new_id()
    octets = mail(submission, recipient, mail_id, now)
    destination = outbound_destination(recipient.domain, outbox.has_smart_host)
    queued = _queued(mail_id, recipient, len(octets), destination, now)
    await outbox.spool.keep(replace(queued, next_attempt=now + before * PACE_S), MemoryContent(octets))
    # A crash before this sends it twice: its id tells its receiver.
    reporter.files.note_sent(day, name)
    outbox.doorbell.ring(destination, mail_id)
    return True


def _queued(mail_id: str, recipient: Address, size: int, destination: str, now: float) -> QueuedMessage:
    return QueuedMessage(
        id=mail_id,
        direction=Direction.OUTBOUND,
        client="",
        destination=destination,
        received_at=now,
        queued_at=now,
        sender=None,  # Nobody is told when it cannot be delivered.
        is_sender_authenticated=False,
        recipients=(QueuedRecipient(recipient),),
        size=size,
        reason="DMARC aggregate report",
    )
