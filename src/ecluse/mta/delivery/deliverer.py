"""One spooled message, from an attempt to what is recorded of it. Read `serve` first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from ecluse.domain.account import Account
from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import Fate, Progress, QueuedMessage, QueuedRecipient
from ecluse.mta import metrics
from ecluse.mta.delivery.attempt import PATIENCE_S, Outcome, attempt
from ecluse.mta.delivery.notices import Notices, may_be_told
from ecluse.mta.delivery.outward import Outward
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.schedule import Schedule
from ecluse.mta.sent_counts import UnknownCounts
from ecluse.ports.journal import Journal
from ecluse.ports.policies import Policies
from ecluse.ports.spool import Spool
from ecluse.wire.reports.dsn import Action, wants
from ecluse.wire.smtp.answer_classes import is_nobody_there

log = structlog.get_logger()

LARGE_BYTES = 1_048_576  # Reading more than this takes longer than the other deliveries should wait.
MAX_OWED = 10_000  # Beyond that the oldest may be delivered twice.

_ENDINGS = {
    Fate.DELIVERED: Ending.DELIVERED,
    Fate.BOUNCED: Ending.BOUNCED,
    Fate.EXPIRED: Ending.EXPIRED,
    Fate.DELETED: Ending.DELETED,
    Fate.WAITING: Ending.DEFERRED,
}


@dataclass(slots=True)
class _Owed:
    """What an attempt has brought, until the message's file says it."""

    outcome: Outcome
    progress: Progress
    notices: dict[Action, tuple[QueuedRecipient, ...]]  # Those still to be told.
    is_journaled: bool = False

    @property
    def waits_for_journal(self) -> bool:
        """Whether somebody ends without the message: the journal must know before the file goes, or the log never will.

        Who has it does not wait: kept any longer, it would be delivered twice after a crash.
        """
        return any(fate in (Fate.EXPIRED, Fate.BOUNCED) for fate, _ in self.progress.fates.values())


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Serves the messages of one delivery process."""

    spool: Spool
    journal: Journal
    notices: Notices
    policies: Policies
    outward: Outward
    routes: Routes
    schedule: Schedule
    unknown: UnknownCounts | None = None  # None: nobody is held to whom it writes to.
    clock: Callable[[], float] = time.time
    _owed: dict[str, _Owed] = field(default_factory=dict)  # By the message's id.

    async def serve(self, message: QueuedMessage) -> tuple[QueuedMessage, Outcome | None]:
        """Attempt the delivery, tell who must be told, record what happened; the message as it stands then.

        Raises `Unavailable` or `Impossible` of the spool, and `Unavailable` of the journal; nothing is lost then. What could
        not be told or recorded is owed: the next call makes up for it and tries nothing (None), so that no next hop gets
        the message again before.
        """
        content = await self._content(message)
        owed = self._owed.get(message.id)
        if owed is not None:
            return await self._settle(message, content, owed), None
        *others, last = self._parts(message)
        for part in others:
            # What one domain took is told and recorded before the next is asked: an end in between doubles nothing.
            await self._settle(part, content, self._owe(part, await self._attempt(part, content), is_attempt=False))
        outcome = await self._attempt(last, content)
        after = await self._settle(last, content, self._owe(last, outcome))
        # One of its domains says nothing about the smart host that it once waited for.
        return after, replace(outcome, is_outage=outcome.is_outage and last.destination == message.destination)

    async def end(self, message: QueuedMessage, reason: str) -> QueuedMessage:
        """No further attempt: every waiting recipient is bounced or expires (11-2)."""
        content = await self._content(message)
        owed = self._owed.get(message.id)
        if owed is not None:
            message = await self._settle(message, content, owed)
        failed = {recipient.address.key: reason for recipient in message.waiting}
        if not failed:
            return message
        outcome = Outcome({}, failed, {}, is_outage=False)
        return await self._settle(message, content, self._owe(message, outcome))

    async def tell_late(self, message: QueuedMessage) -> QueuedMessage:
        """No attempt: its sender hears that it still waits, once."""
        now = self.clock()
        if message.id in self._owed or not self.schedule.wants_delay_notice(message, now):
            return message
        waiting = tuple(replace(one, reply=one.reply or message.reason) for one in message.waiting)
        await self.notices.send(Action.DELAYED, message, waiting, await self._content(message), now)
        return await self.spool.record(message.id, Progress(at=now, fates={}, has_delay_notice=True))

    async def reaches(self, destination: str) -> bool:
        """Whether a server of the destination answers; one that is served no more is waited for by nobody."""
        policy = self.outward.policy(destination) or self.policies.domain(destination)
        return policy is None or await self.routes.answer(policy, PATIENCE_S)

    def goes_around(self, client: str, destination: str) -> bool:
        """Whether a person has ordered another way for this outbound mail than its servers. Raises `Unavailable`."""
        return self.outward.detour(client, destination) is not None

    def _parts(self, message: QueuedMessage) -> tuple[QueuedMessage, ...]:
        return self.outward.parts(message) if message.direction is Direction.OUTBOUND else (message,)

    async def _attempt(self, message: QueuedMessage, content: Content) -> Outcome:
        if message.direction is Direction.OUTBOUND:
            return await self.outward.attempt(message, content)
        return await attempt(message, content, self.policies.domain(message.destination), self.routes)

    async def _content(self, message: QueuedMessage) -> Content:
        if message.size > LARGE_BYTES:
            return await asyncio.to_thread(self.spool.content, message.id)
        return self.spool.content(message.id)

    def _owe(self, message: QueuedMessage, outcome: Outcome, *, is_attempt: bool = True) -> _Owed:
        now = self.clock()
        answered_at = now if outcome.deferred and not outcome.is_outage else 0.0
        fates = self._fates(message, outcome, now)
        is_late = self.schedule.wants_delay_notice(message, now)
        notices = {
            Action.FAILED: _with_fate(message, fates, Fate.BOUNCED),
            Action.RELAYED: () if outcome.reports_success else _with_fate(message, fates, Fate.DELIVERED),
            Action.DELAYED: _with_fate(message, fates, Fate.WAITING) if is_late else (),
        }
        progress = Progress(
            at=now,
            fates=fates,
            next_attempt=self.schedule.next_attempt(message.attempts + 1, now),
            is_attempt=is_attempt,
            reason=_reason(outcome),
            has_delay_notice=bool(notices[Action.DELAYED]),
            answered_at=answered_at,
        )
        owed = _Owed(outcome, progress, {action: told for action, told in notices.items() if told})
        # Who only waits may be tried again: while the disk is full, a delivery to all of them needs no room.
        if any(fate is not Fate.WAITING for fate, _ in fates.values()):
            self._remember(message.id, owed)
        return owed

    def _remember(self, message_id: str, owed: _Owed) -> None:
        if message_id not in self._owed and len(self._owed) >= MAX_OWED:
            del self._owed[next(iter(self._owed))]
        self._owed[message_id] = owed

    async def _settle(self, message: QueuedMessage, content: Content, owed: _Owed) -> QueuedMessage:
        """First the notification, then the record: a crash between them tells twice rather than never."""
        try:
            await self._tell(message, content, owed)
            if owed.waits_for_journal and not owed.is_journaled:
                await self._write(message, owed)
            after = await self.spool.record(message.id, owed.progress)
        except Impossible:
            self._owed.pop(message.id, None)
            raise
        self._owed.pop(message.id, None)
        self._count(message, owed)
        if not owed.is_journaled:
            await self._try_to_write(message, owed)
        await self._count_unknown(message, owed.outcome)
        return after

    async def _count_unknown(self, message: QueuedMessage, outcome: Outcome) -> None:
        """What its account wrote to and is not there (3-12)."""
        if self.unknown is None or not message.account:
            return
        if unknown := [key for key, reply in outcome.failed.items() if is_nobody_there(reply)]:
            await self.unknown.note(Account(message.client, message.account), unknown, message.received_at)

    def _fates(self, message: QueuedMessage, outcome: Outcome, now: float) -> dict[str, tuple[Fate, str]]:
        fates = {key: (Fate.DELIVERED, reply) for key, reply in outcome.delivered.items()}
        ended = dict(outcome.failed)
        if self.schedule.is_too_old(message, now):
            ended |= outcome.deferred
        for recipient in message.waiting:
            key = recipient.address.key
            if key in ended:
                is_told = may_be_told(message) and wants(recipient.notify, Action.FAILED)
                fates[key] = (Fate.BOUNCED if is_told else Fate.EXPIRED, ended[key])
            elif key in outcome.deferred:
                fates[key] = (Fate.WAITING, outcome.deferred[key])
        return fates

    async def _tell(self, message: QueuedMessage, content: Content, owed: _Owed) -> None:
        for action, recipients in tuple(owed.notices.items()):
            await self.notices.send(action, message, recipients, content, owed.progress.at)
            del owed.notices[action]
            self._remember(message.id, owed)

    def _count(self, message: QueuedMessage, owed: _Owed) -> None:
        fates = [fate for fate, _ in owed.progress.fates.values()]
        for fate in fates:
            metrics.DELIVERY_ATTEMPTS.labels(fate).inc()
        if expired := fates.count(Fate.EXPIRED):
            log.error("message expired undelivered", id=message.id, client=message.client, recipients=expired)

    async def _try_to_write(self, message: QueuedMessage, owed: _Owed) -> None:
        try:
            await self._write(message, owed)
        except Unavailable as problem:
            # The message's own file has it: to stop here would only hide what was learned of the destination.
            log.error("the journal cannot be written", id=message.id, problem=str(problem))

    async def _write(self, message: QueuedMessage, owed: _Owed) -> None:
        """Into the journal, durably. Raises `Unavailable`."""
        fates = owed.progress.fates
        event = MessageEvent(
            id=message.message_id,
            stage=Stage.DELIVERY,
            at=owed.progress.at,
            direction=message.direction,
            client=message.client,
            sender=str(message.sender) if message.sender else "",
            recipients=tuple(RecipientEvent(key, _ENDINGS[fate], reply=reply) for key, (fate, reply) in fates.items()),
            size=message.size,
            reply=_reason(owed.outcome),
            route=owed.outcome.route,
            route_tls=owed.outcome.tls,
            sessions=owed.outcome.sessions,
        )
        self.journal.append(event)
        await self.journal.sync()
        owed.is_journaled = True


def _with_fate(message: QueuedMessage, fates: dict[str, tuple[Fate, str]], wanted: Fate) -> tuple[QueuedRecipient, ...]:
    replies = {key: reply for key, (fate, reply) in fates.items() if fate is wanted}
    return tuple(
        QueuedRecipient(one.address, one.notify, one.orcpt, reply=replies[one.address.key])
        for one in message.recipients
        if one.address.key in replies
    )


def _reason(outcome: Outcome) -> str:
    words = (*outcome.deferred.values(), *outcome.failed.values(), *outcome.delivered.values())
    return words[0] if words else ""
