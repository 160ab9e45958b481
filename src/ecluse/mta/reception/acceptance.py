"""From the end of DATA to its answer: evidence, verdict, act, answer. Read `_accept` first."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import structlog

from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible, NoRoom, Unavailable
from ecluse.domain.event import Ending, Stage
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.limit_mark import LimitMark
from ecluse.domain.queue import SMART_HOST, QueuedMessage, QueuedRecipient, parts_of
from ecluse.domain.release_token import new_token, token_digest
from ecluse.domain.reply import Reply
from ecluse.domain.sending import SendingFacts
from ecluse.domain.verdict import Category, Disposition, Verdict
from ecluse.filtering.changes.delivered import delivered
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.examine import examine
from ecluse.filtering.identities import proven_author, sender_domain
from ecluse.filtering.judge import judge
from ecluse.filtering.pipeline import Pipeline
from ecluse.mta import metrics
from ecluse.mta.delivery.notices import Notices
from ecluse.mta.reception import answers
from ecluse.mta.reception.arc_sealing import ArcSealer
from ecluse.mta.reception.cut_through import CutThrough, Settlement, settle, spooled
from ecluse.mta.reception.judged import Judged
from ecluse.mta.reception.message_events import event_of
from ecluse.mta.reception.readers import Readers
from ecluse.mta.reception.remembering import greylist_steps, sightings
from ecluse.mta.reception.sealing import sealed, with_evidence
from ecluse.mta.reception.sending_limits import SendingLimits, Tell
from ecluse.mta.reception.signing import Signer
from ecluse.mta.reception.stamps import Stamps
from ecluse.mta.reception.tarpit import Tarpit
from ecluse.mta.reports.witness import dmarc_event
from ecluse.ports.doorbell import Doorbell
from ecluse.ports.journal import Journal
from ecluse.ports.spool import Spool
from ecluse.wire.automatic import is_automatic
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.reports import dsn
from ecluse.wire.smtp import replies
from ecluse.wire.stamp import Stamp

log = structlog.get_logger()


class SenderLeft(Exception):
    """The sender hung up before the message went further: it keeps it, and we do nothing."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Decides one message after the other for one door."""

    hostname: str
    pipeline: Pipeline
    sources: Sources
    journal: Journal
    spool: Spool
    held: Spool
    doorbell: Doorbell
    cut_through: CutThrough
    tarpit: Tarpit
    readers: Readers | None = None  # None outbound: what our clients send is for others to read.
    release_url: str = ""  # What the token of a message is appended to; "": refused messages are not kept.
    has_smart_host: bool = False  # All outbound mail takes one route; else that of each recipient's domain.
    signer: Signer | None = None  # None: mail leaves as it comes.
    sealer: ArcSealer | None = None  # None: nothing to seal with.
    stamps: Stamps | None = None  # None outbound: what is relayed to clients that forward is stamped.
    limits: SendingLimits | None = None  # None inbound: our clients' recipients limit nobody.
    keeps_evidence: bool = False  # Of what locks its account; where there is no console nobody could read it.
    notices: Notices | None = None  # None inbound: nobody is told that his message is held.

    async def answer(
        self,
        incoming: Incoming,
        served: tuple[Served, ...],
        has_left: Callable[[], bool],
        section: HeaderSection | None = None,
    ) -> Reply:
        """The one answer to a message; whatever goes wrong on our side is a 4xx and the message stays its sender's.

        `section` where its header section has been split already.
        """
        try:
            return await self._accept(Subject(incoming, served, self.sources, section), has_left)
        except NoRoom:
            metrics.NO_ROOM.inc()
            return replies.NO_ROOM
        except SenderLeft:
            return replies.TRY_LATER
        except (Unavailable, Impossible) as problem:
            log.error("message deferred", id=incoming.id, problem=str(problem))
            return replies.TRY_LATER
        except Exception:
            metrics.BUGS.inc()
            log.exception("message deferred by a fault of ours", id=incoming.id)
            return replies.TRY_LATER

    async def _accept(self, subject: Subject, has_left: Callable[[], bool]) -> Reply:
        clock, incoming, served = Stopwatch(), subject.incoming, subject.served
        evidence = await collect(subject, self.pipeline.collectors, metrics.count_collector_failure)
        clock.lap("evidence")
        judged = Judged(incoming, served, subject.section, evidence, self._judge(evidence, served))
        clock.lap("verdict")
        if has_left():
            raise SenderLeft
        marks: list[LimitMark] = []
        async with AsyncExitStack() as until_answered:
            settlement = await self._over_limits(judged, marks.append) or await self._act(
                judged, has_left, until_answered
            )
            clock.lap("act")
            await self._record(judged, settlement, clock, tuple(marks))
        await self._tell_who_waits(judged, settlement)
        if self.readers is not None:
            await self.readers.read(judged, settlement)
        for part in settlement.kept:
            # Only now: no delivery may stand in the journal before the message was taken.
            self.doorbell.ring(part.destination, part.id)
        return settlement.told

    def _judge(self, evidence: Evidence, served: tuple[Served, ...]) -> dict[str, Verdict]:
        findings = {one.policy.domain: examine(evidence, one.policy, self.pipeline.checks) for one in served}
        return {
            one.recipient.address.key: judge(findings[one.policy.domain], one.policy, one.recipient) for one in served
        }

    async def _over_limits(self, judged: Judged, tell: Tell) -> Settlement | None:
        """What its account may not send now; whatever the filter turns away, or puts off, counts for no limit."""
        if self.limits is None or judged.with_disposition(Disposition.DEFER):
            return None  # Put off for one recipient is for all: it comes again, and is counted when it goes.
        going = judged.with_disposition(Disposition.DELIVER) + judged.with_disposition(Disposition.HOLD)
        if not going:
            return None
        incoming, policy = judged.incoming, judged.policy
        seal_to = policy.seal_to if self.keeps_evidence else b""
        keep = partial(with_evidence, incoming=incoming, section=judged.section, public_key=seal_to)
        reply = await self.limits.at_end(incoming, judged.evidence, going, policy.sending_limits, keep, tell)
        if reply is None:
            return None
        return _same_for_all(judged, reply, Ending.REFUSED if reply.is_permanent else Ending.DEFERRED)

    async def _act(self, judged: Judged, has_left: Callable[[], bool], until_answered: AsyncExitStack) -> Settlement:
        """DATA has one answer, so recipients that disagree are served by holding for some (design 6.6)."""
        deferred = judged.with_disposition(Disposition.DEFER)
        if deferred:
            return _same_for_all(
                judged, answers.deferred(judged.verdicts[deferred[0]].reason, judged.incoming.id), Ending.DEFERRED
            )
        refused = judged.with_disposition(Disposition.REFUSE)
        if len(refused) == len(judged.verdicts):
            await self._delay_certain_spam(judged)
            url = await self._keep_for_release(judged, refused, until_answered)
            return replace(_same_for_all(judged, _refusal(judged), Ending.REFUSED), release_url=url)
        to_hold = refused + judged.with_disposition(Disposition.HOLD)
        to_deliver = judged.with_disposition(Disposition.DELIVER)
        outgoing = await self._outgoing(judged)
        if not to_hold:
            return await self._deliver(judged, to_deliver, outgoing, has_left)
        await self._hold(judged, to_hold, outgoing)
        await until_answered.enter_async_context(self._kept(judged.incoming.id))
        settlement = await self._deliver(judged, to_deliver, outgoing, has_left) if to_deliver else None
        return await self._with_held(judged, to_hold, settlement)

    async def _outgoing(self, judged: Judged) -> Content:
        is_tagged = any(verdict.is_tagged for verdict in judged.verdicts.values())
        departure = Departure(judged.incoming, judged.evidence, self.hostname, is_tagged)
        outgoing = delivered(departure, judged.section, self.pipeline.changes)
        if self.signer is not None and judged.incoming.forwarded is None:
            return await self.signer.signed(judged.incoming, judged.section, outgoing)
        if judged.way is Direction.INBOUND:
            outgoing = await self._stamped(judged, outgoing)
        is_sealed = judged.policy.seals_arc or judged.incoming.forwarded is not None
        if self.sealer is not None and is_sealed:
            return await self.sealer.sealed(departure, judged.section, outgoing)
        return outgoing

    async def _stamped(self, judged: Judged, outgoing: Content) -> Content:
        """With what shows that it came in, should the client's server send it on."""
        incoming = judged.incoming
        if self.stamps is None or not self.stamps.wanted(incoming.client):
            return outgoing
        sender = sender_domain(incoming.envelope.sender) if judged.is_sender_authenticated else ""
        stamp = Stamp(int(incoming.received_at), judged.policy.domain, sender)
        return await self.stamps.stamped(outgoing, stamp, incoming.client, judged.section, incoming.content)

    # -- delivering

    async def _deliver(
        self, judged: Judged, keys: tuple[str, ...], content: Content, has_left: Callable[[], bool]
    ) -> Settlement:
        if judged.way is Direction.OUTBOUND:
            settlement = spooled(keys, "outbound mail is delivered from the spool", judged.incoming.id)
        else:
            settlement = await self._deliver_while_they_wait(judged, keys, content, has_left)
        if settlement.to_spool:
            settlement = replace(settlement, kept=await self._spool(judged, settlement, content))
        return settlement

    async def _deliver_while_they_wait(
        self, judged: Judged, keys: tuple[str, ...], content: Content, has_left: Callable[[], bool]
    ) -> Settlement:
        """Until the next hop has said 250 the message is the sender's; the spool is for when it cannot."""

        def before_dot() -> None:
            if has_left():
                raise SenderLeft
            self.journal.append(event_of(judged, Stage.INTENT, {}, "", {}))

        envelope = judged.incoming.envelope
        if len(keys) < len(judged.verdicts):
            envelope = replace(envelope, recipients=judged.recipients(keys))
        transmission = await self.cut_through.relay(judged.policy, envelope, content, before_dot)
        settlement = settle(transmission, keys, judged.policy, judged.incoming.id)
        return replace(settlement, route=str(transmission.route or ""), tls=transmission.tls)

    async def _spool(self, judged: Judged, settlement: Settlement, content: Content) -> tuple[QueuedMessage, ...]:
        """One message for each destination, all of them durable."""
        keys = tuple(key for key in settlement.endings if key in settlement.to_spool)
        message = _queued(judged, keys, content, reason=settlement.endings[keys[0]][1])
        parts = (message,) if message.direction is Direction.INBOUND or self.has_smart_host else parts_of(message)
        await self.spool.keep_parts(parts, content)
        return parts

    # -- holding

    async def _keep_for_release(self, judged: Judged, keys: tuple[str, ...], until_answered: AsyncExitStack) -> str:
        """The URL behind which the sender frees his message; "" where the refusal is for good, or nobody would read it."""
        if not self.release_url or judged.incoming.direction is Direction.OUTBOUND or not _may_be_freed(judged):
            return ""
        secret = new_token() if judged.incoming.envelope.sender else ""
        try:
            await self._hold(judged, keys, await self._outgoing(judged), secret)
            await until_answered.enter_async_context(self._kept(judged.incoming.id))
        except (Unavailable, Impossible) as problem:
            # The refusal stands by itself: the sender knows that it did not arrive.
            log.error("refused message not kept", id=judged.incoming.id, problem=str(problem))
            return ""
        return f"{self.release_url}{secret}" if secret else ""

    async def _hold(self, judged: Judged, keys: tuple[str, ...], content: Content, secret: str = "") -> None:
        """Durable before anything else is done, so that a 250 can follow."""
        verdict = judged.verdicts[keys[0]]
        codes = ", ".join(finding.code for finding in verdict.findings)
        message = _queued(judged, keys, content, reason=verdict.reason)
        word = f"{verdict.disposition} {verdict.category}".rstrip()
        recipients = tuple(
            replace(one, category=judged.verdicts[one.address.key].category) for one in message.recipients
        )
        token = token_digest(secret) if secret else b""
        message = replace(
            message,
            is_held=True,
            verdict=f"{word}: {codes}",
            recipients=recipients,
            token=token,
            may_be_challenged=not token and _may_be_challenged(judged),
            proven=proven_author(judged.evidence),
        )
        await self.held.keep(*sealed(message, content, judged.section, judged.policy.seal_to))

    @asynccontextmanager
    async def _kept(self, message_id: str) -> AsyncIterator[None]:
        """Nobody releases the copy before its sender is answered; who gets another answer than ours sends it once more."""
        with ExitStack() as locked:
            try:
                locked.enter_context(self.held.lock(message_id))
                yield
            except BaseException:
                await self.held.remove(message_id)
                raise

    async def _with_held(self, judged: Judged, held: tuple[str, ...], settlement: Settlement | None) -> Settlement:
        relayed = settlement.endings if settlement else {}
        if settlement is None or settlement.reply.is_positive:
            kept = dict.fromkeys(held, (Ending.HELD, ""))
            accepted = Settlement(_reply_to_held(judged, held), {**relayed, **kept})
            if settlement is None:
                return accepted
            return replace(settlement, reply=accepted.reply, endings=accepted.endings)
        # The sender will come again with all recipients, or give up for all of them.
        await self.held.remove(judged.incoming.id)
        ending = Ending.REFUSED if settlement.reply.is_permanent else Ending.DEFERRED
        return replace(settlement, endings={**relayed, **dict.fromkeys(held, (ending, ""))})

    async def _tell_who_waits(self, judged: Judged, settlement: Settlement) -> None:
        """Most people never see what their server was answered, so they are told by mail that nothing has gone out yet."""
        held = tuple(key for key, (ending, _) in settlement.endings.items() if ending is Ending.HELD)
        incoming = judged.incoming
        if self.notices is None or not held or is_automatic(judged.section, incoming.envelope.sender):
            return
        if incoming.forwarded is not None:  # Its sender is a stranger, who wrote to the client and was answered.
            return
        message = replace(_queued(judged, held, incoming.content, reason=""), ret="HDRS")
        waiting = tuple(replace(one, reply=judged.verdicts[one.address.key].reason) for one in message.recipients)
        try:
            await self.notices.send(dsn.Action.WAITING, message, waiting, incoming.content, time.time())
        except Unavailable as problem:
            log.error("sender not told that his message waits", id=incoming.id, problem=str(problem))

    # -- recording

    async def _record(
        self, judged: Judged, settlement: Settlement, clock: Stopwatch, marks: tuple[LimitMark, ...]
    ) -> None:
        event = event_of(judged, Stage.OUTCOME, settlement.endings, str(settlement.reply), dict(clock.laps_ms))
        # What a client forwards was told to its author's domain when it came in.
        if judged.incoming.direction is Direction.INBOUND and not self._brings_reports(judged):
            event = replace(event, dmarc=dmarc_event(judged.evidence))
        event = replace(event, route=settlement.route, route_tls=settlement.tls, limits=marks)
        try:
            self.journal.append(event)
            await self.journal.sync()
        except Unavailable as problem:
            # What the next hop has taken, or a folder of ours keeps, is safe; to ask for it again would double it.
            log.error("the journal cannot be written", id=judged.incoming.id, problem=str(problem))
            if not settlement.reply.is_positive:
                raise
        clock.lap("record")
        direction = judged.incoming.direction
        for verdict in judged.verdicts.values():
            metrics.count_verdict(direction, verdict)
        metrics.count_message(direction, settlement.reply, settlement.endings, clock.laps_ms)
        self._remember(judged, settlement)

    def _brings_reports(self, judged: Judged) -> bool:
        return self.readers is not None and self.readers.takes_reports(judged)

    def _remember(self, judged: Judged, settlement: Settlement) -> None:
        """What this message says about its sender, for the next one."""
        if self.sources.counters is None:
            return
        endings = settlement.endings
        seen = sightings(judged.incoming, judged.evidence, judged.verdicts, endings, time.time())
        if seen:
            self.sources.counters.note(seen)
        for step in greylist_steps(judged.evidence, judged.verdicts, endings):
            metrics.GREYLIST.labels(step).inc()

    async def _delay_certain_spam(self, judged: Judged) -> None:
        if min(verdict.score for verdict in judged.verdicts.values()) >= 2 * judged.policy.refuse_at:
            await self.tarpit.delay()


class Stopwatch:
    """How long each stage of one message took."""

    __slots__ = ("_last", "laps_ms")

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps_ms: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """The stage ends now."""
        now = time.perf_counter()
        self.laps_ms[stage] = round((now - self._last) * 1000, 2)
        self._last = now


def _refusal(judged: Judged) -> Reply:
    """The reason that weighs most for any of the recipients, who are all refused."""
    verdict = max(judged.verdicts.values(), key=lambda one: one.score)
    if any(finding.code == "MAIL_LOOP" for finding in verdict.findings):
        return replies.LOOP
    return answers.refused(verdict.reason, judged.incoming.id)


def _reply_to_held(judged: Judged, held: tuple[str, ...]) -> Reply:
    """Outbound a 250 alone would say that the message is on its way."""
    if judged.incoming.direction is Direction.INBOUND:
        return answers.accepted(judged.incoming.id)
    return answers.waiting(judged.verdicts[held[0]].reason, judged.incoming.id)


def _may_be_freed(judged: Judged) -> bool:
    """Class Q for everybody: what is refused for good has no way back (market 2.6)."""
    return all(verdict.category is Category.QUARANTINE for verdict in judged.verdicts.values())


def _same_for_all(judged: Judged, reply: Reply, ending: Ending) -> Settlement:
    return Settlement(reply, dict.fromkeys(judged.verdicts, (ending, "")))


def _is_of_newcomer(facts: SendingFacts | Unknown) -> bool:
    return not isinstance(facts, Unknown) and facts.is_newcomer


def _queued(judged: Judged, keys: tuple[str, ...], content: Content, *, reason: str) -> QueuedMessage:
    incoming = judged.incoming
    now = time.time()
    return QueuedMessage(
        id=incoming.id,
        direction=judged.way,
        client=incoming.client,
        destination=judged.policy.domain if judged.way is Direction.INBOUND else SMART_HOST,
        received_at=incoming.received_at,
        queued_at=now,
        sender=incoming.envelope.sender,
        is_sender_authenticated=judged.is_sender_authenticated,
        recipients=tuple(QueuedRecipient(one.address, one.notify, one.orcpt) for one in judged.recipients(keys)),
        body=incoming.envelope.body,
        smtputf8=incoming.envelope.smtputf8,
        ret=incoming.envelope.ret,
        envid=incoming.envelope.envid,
        size=content.size,
        next_attempt=now,
        reason=reason,
        account=incoming.account.name if incoming.account else "",
        ip=incoming.peer.ip if incoming.account else "",
        is_of_newcomer=_is_of_newcomer(judged.evidence.sending),
        rewrites_in=incoming.forwarded.rewrites_in if incoming.forwarded else "",
    )


def _may_be_challenged(judged: Judged) -> bool:
    """Whether its sender may hear of it by mail, where no refusal tells him: he is proven, and no program (1-6)."""
    if judged.incoming.direction is Direction.OUTBOUND or not judged.is_sender_authenticated:
        return False
    return not is_automatic(judged.section, judged.incoming.envelope.sender)
