"""One spooled message, from an attempt to what is recorded of it. Read `serve` first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ecluse.domain.content import Content
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.policy import Policy
from ecluse.domain.queue import Fate, Progress, QueuedMessage, QueuedRecipient
from ecluse.mta import metrics
from ecluse.mta.delivery.attempt import PATIENCE_S, Outcome, attempt
from ecluse.mta.delivery.notices import Notices, may_be_told
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.schedule import Schedule
from ecluse.ports.journal import Journal
from ecluse.ports.policies import Policies
from ecluse.ports.spool import Spool
from ecluse.wire.reports.dsn import Action, wants

log = structlog.get_logger()

_ENDINGS = {
    Fate.DELIVERED: Ending.DELIVERED,
    Fate.BOUNCED: Ending.BOUNCED,
    Fate.EXPIRED: Ending.EXPIRED,
    Fate.DELETED: Ending.DELETED,
    Fate.WAITING: Ending.DEFERRED,
}


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Serves the messages of one delivery process."""

    spool: Spool
    journal: Journal
    notices: Notices
    policies: Policies
    outbound: Policy | None  # The policy of the one outbound route.
    routes: Routes
    schedule: Schedule
    clock: Callable[[], float] = time.time

    async def serve(self, message: QueuedMessage) -> tuple[QueuedMessage, Outcome]:
        """Attempt the delivery, tell who must be told, record what happened; the message as it stands then.

        Raises `Unavailable` or `Impossible` of the spool; nothing is lost then, at worst something is done twice.
        """
        content = self.spool.content(message.id)
        outcome = await attempt(message, content, self._policy_for(message), self.routes)
        return await self._settle(message, content, outcome), outcome

    async def end(self, message: QueuedMessage, reason: str) -> QueuedMessage:
        """No further attempt: every waiting recipient is bounced or expires (11-2)."""
        failed = {recipient.address.key: reason for recipient in message.waiting}
        outcome = Outcome({}, failed, {}, is_outage=False)
        return await self._settle(message, self.spool.content(message.id), outcome)

    async def reaches(self, destination: str) -> bool:
        """Whether a server of the destination answers; one that is served no more is waited for by nobody."""
        is_outbound = self.outbound is not None and self.outbound.domain == destination
        policy = self.outbound if is_outbound else self.policies.domain(destination)
        return policy is None or await self.routes.answer(policy.routes, PATIENCE_S)

    def _policy_for(self, message: QueuedMessage) -> Policy | None:
        if message.direction is Direction.OUTBOUND:
            return self.outbound
        return self.policies.domain(message.destination)

    async def _settle(self, message: QueuedMessage, content: Content, outcome: Outcome) -> QueuedMessage:
        now = self.clock()
        answered_at = now if outcome.deferred and not outcome.is_outage else 0.0
        fates = self._fates(message, outcome, now)
        late = _with_reply(message, {key: reply for key, (fate, reply) in fates.items() if fate is Fate.WAITING})
        wants_notice = bool(late) and self.schedule.wants_delay_notice(message, now)
        # First the notification, then the record: a crash between them tells twice rather than never.
        await self._tell(message, content, outcome, fates, now=now)
        if wants_notice:
            await self.notices.send(Action.DELAYED, message, late, content, now)
        progress = Progress(
            at=now,
            fates=fates,
            next_attempt=self.schedule.next_attempt(message.attempts + 1, now),
            is_attempt=True,
            reason=_reason(outcome),
            has_delay_notice=wants_notice,
            answered_at=answered_at,
        )
        after = await self.spool.record(message.id, progress)
        await self._log(message, outcome, fates, now)
        return after

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

    async def _tell(
        self,
        message: QueuedMessage,
        content: Content,
        outcome: Outcome,
        fates: dict[str, tuple[Fate, str]],
        *,
        now: float,
    ) -> None:
        bounced = _with_reply(message, {key: reply for key, (fate, reply) in fates.items() if fate is Fate.BOUNCED})
        await self.notices.send(Action.FAILED, message, bounced, content, now)
        if not outcome.reports_success:
            delivered = _with_reply(message, outcome.delivered)
            await self.notices.send(Action.RELAYED, message, delivered, content, now)

    async def _log(
        self, message: QueuedMessage, outcome: Outcome, fates: dict[str, tuple[Fate, str]], now: float
    ) -> None:
        for fate, _ in fates.values():
            metrics.DELIVERY_ATTEMPTS.labels(fate).inc()
        expired = [key for key, (fate, _) in fates.items() if fate is Fate.EXPIRED]
        if expired:
            log.error("message expired undelivered", id=message.id, client=message.client, recipients=len(expired))
        event = MessageEvent(
            id=message.id,
            stage=Stage.DELIVERY,
            at=now,
            direction=message.direction,
            client=message.client,
            sender=str(message.sender) if message.sender else "",
            recipients=tuple(RecipientEvent(key, _ENDINGS[fate], reply=reply) for key, (fate, reply) in fates.items()),
            size=message.size,
            reply=_reason(outcome),
        )
        self.journal.append(event)
        await self.journal.sync()


def _with_reply(message: QueuedMessage, replies: dict[str, str]) -> tuple[QueuedRecipient, ...]:
    return tuple(
        QueuedRecipient(one.address, one.notify, one.orcpt, reply=replies[one.address.key])
        for one in message.recipients
        if one.address.key in replies
    )


def _reason(outcome: Outcome) -> str:
    words = (*outcome.deferred.values(), *outcome.failed.values(), *outcome.delivered.values())
    return words[0] if words else ""
