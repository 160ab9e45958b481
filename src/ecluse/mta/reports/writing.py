"""Our own reports of one day: counted from the journal, written as files, sent where that is wanted. Read `write_day`."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
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
from ecluse.mta.reports.destinations import TlsDestinations, destinations, tls_destinations
from ecluse.mta.reports.dmarc_tally import DmarcTally
from ecluse.mta.reports.tls_tally import TlsDay, TlsTally
from ecluse.ports.doorbell import Doorbell
from ecluse.ports.report_files import ReportFiles
from ecluse.ports.resolver import Resolver
from ecluse.ports.spool import Spool
from ecluse.wire.reports import tlsrpt
from ecluse.wire.reports.aggregate import PublishedPolicy, Report, Row, write
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.submission import Submission, mail, packed

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
    sign: Callable[[bytes], bytes]  # A mail with our signatures on top; as it is where we have no key.
    post: Callable[[str, bytes], bool]  # Whether the URL took a packed TLS report. Both may take seconds.


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
    destinations: tuple[str, ...]  # Addresses, and URLs of TLS reports.
    sent: int  # How many of them it went to, now or before.


def period_of(day: str) -> Period:
    """The UTC day "2026-11-26". Raises `ValueError` for what is none."""
    begin = int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    return Period(begin, begin + DAY_S - 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a day's journal comes to."""

    dmarc: DmarcTally = field(default_factory=DmarcTally)
    tls: TlsTally = field(default_factory=TlsTally)


def tallied(events: Iterable[MessageEvent], addresses: Iterable[str] = ()) -> Tally:
    """Count the records of a day of a node that sends from these: may take its time, so that a thread of its own is best."""
    tally = Tally(tls=TlsTally(addresses))
    for event in events:
        tally.dmarc.add(event)
        tally.tls.add(event)
    if tally.dmarc.untold:
        log.warning("reports left messages out", messages=tally.dmarc.untold)
    return tally


async def write_day(day: str, tally: Tally, reporter: Reporter, now: float) -> tuple[Written, ...]:
    """One report for each published policy that asks for one, and whose destinations agree; TLS reports of every domain.

    Raises `Unavailable`.
    """
    written = await _write_all_tls(day, tally.tls, reporter, now)
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
    submission = _submission(ReportKind.DMARC, day, policy.domain, report.report_id, write(report), reporter)
    reporter.files.keep(day, submission.file_name, submission.packed)
    sent = [address for address in wanted if await _send(day, submission, address, reporter, now)]
    names = tuple(map(str, wanted))
    return Written(
        submission.kind, policy.domain, sum(row.count for row in rows), submission.file_name, names, len(sent)
    )


async def _write_all_tls(day: str, tally: TlsTally, reporter: Reporter, now: float) -> list[Written]:
    written: list[Written] = []
    days = tally.domains()
    while some := tuple(islice(days, AT_ONCE)):
        found = await asyncio.gather(*(_tls_destinations(told, reporter) for told in some))
        for told, wanted in zip(some, found, strict=True):
            written.append(await _write_tls(day, told, wanted, reporter, now))
    return written


async def _tls_destinations(told: TlsDay, reporter: Reporter) -> TlsDestinations:
    """A domain hears of sessions with the servers that its DNS names, and of nothing else."""
    if reporter.outbox is None or told.is_configured:
        return TlsDestinations()
    return await tls_destinations(told.domain, reporter.resolver)


async def _write_tls(day: str, told: TlsDay, wanted: TlsDestinations, reporter: Reporter, now: float) -> Written:
    report_id = _report_id(day, told, reporter.hostname)
    octets = tlsrpt.build(told.sessions, reporter.organisation, period_of(day), report_id)
    submission = _submission(ReportKind.TLS, day, told.domain, report_id, octets, reporter)
    reporter.files.keep(day, submission.file_name, submission.packed)
    sent = [address for address in wanted.addresses if await _send(day, submission, address, reporter, now)]
    posted = [url for url in wanted.urls if await _post(day, submission, url, reporter)]
    return Written(
        submission.kind,
        told.domain,
        sum(one.count for one in told.sessions),
        submission.file_name,
        (*map(str, wanted.addresses), *wanted.urls),
        len(sent) + len(posted),
    )


def _submission(
    kind: ReportKind, day: str, domain: str, report_id: str, octets: bytes, reporter: Reporter
) -> Submission:
    return Submission(kind, reporter.hostname, domain, report_id, reporter.organisation, period_of(day), packed(octets))


def _report_id(day: str, about: PublishedPolicy | TlsDay, hostname: str) -> str:
    """The same for the same day and policy: a report that is made twice is the same report."""
    told = (about.domain, about.is_configured) if isinstance(about, TlsDay) else about
    digest = hashlib.sha256(repr((day, told)).encode()).hexdigest()[:16]
    return f"{day}.{digest}@{hostname}"


async def _send(day: str, submission: Submission, recipient: Address, reporter: Reporter, now: float) -> bool:
    """Whether the mail is on its way, now or since before."""
    name, outbox = f"{submission.report_id} {recipient}", reporter.outbox
    if reporter.files.is_sent(day, name):
        return True
    before = reporter.files.sent(day)
    if outbox is None or before >= outbox.max_a_day or len(submission.packed) > MAX_MAIL_OCTETS:
        return False
    mail_id = new_id()
    unsigned = mail(submission, recipient, mail_id, now)
    octets = await asyncio.to_thread(outbox.sign, unsigned)
    if submission.kind is ReportKind.TLS and octets == unsigned:
        return False  # RFC 8460 section 3: a report that is not signed is worth nothing.
    destination = outbound_destination(recipient.domain, outbox.has_smart_host)
    queued = _queued(submission.kind, mail_id, recipient, len(octets), destination, now)
    await outbox.spool.keep(replace(queued, next_attempt=now + before * PACE_S), MemoryContent(octets))
    # A crash before this sends it twice: its id tells its receiver.
    reporter.files.note_sent(day, name)
    outbox.doorbell.ring(destination, mail_id)
    return True


async def _post(day: str, submission: Submission, url: str, reporter: Reporter) -> bool:
    """Whether its receiver has it, now or since before."""
    name, outbox = f"{submission.report_id} {url}", reporter.outbox
    if reporter.files.is_sent(day, name):
        return True
    if outbox is None or reporter.files.sent(day) >= outbox.max_a_day:
        return False
    is_taken = await asyncio.to_thread(outbox.post, url, submission.packed)
    if is_taken:
        reporter.files.note_sent(day, name)
    return is_taken


def _queued(
    kind: ReportKind, mail_id: str, recipient: Address, size: int, destination: str, now: float
) -> QueuedMessage:
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
        reason=f"{kind} report",
        is_tls_optional=kind is ReportKind.TLS,
    )
