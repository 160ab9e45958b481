"""Relaying while the sender waits, and what its answer becomes (contract 14-1, 15-4; design 6.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope
from ecluse.domain.event import Ending
from ecluse.domain.policy import Policy
from ecluse.domain.queue import QueuedMessage
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.next_hop import Transmission
from ecluse.mta.delivery.routes import NoAnswer, Routes
from ecluse.mta.reception import answers
from ecluse.ports.outages import Outages
from ecluse.ports.tallies import Tallies
from ecluse.wire.smtp import replies

PATIENCE_S = 120.0  # Without having sent our dot by then, the message goes to the spool.


@dataclass(slots=True)
class CutThrough:
    """Relays to the routes of a policy while the sender waits, within the limits of a next hop."""

    routes: Routes
    outages: Outages
    tallies: Tallies
    sessions_per_route: int = 20  # Over all workers, and all nodes that count together.

    async def relay(
        self, policy: Policy, envelope: Envelope, content: Content, before_dot: Callable[[], None]
    ) -> Transmission | NoAnswer:
        """The next hop's answer about the message, or why it could not be asked."""
        if self.outages.find(policy.domain) is not None:
            return NoAnswer("the client's server is out of reach")
        key = f"route:{policy.routes[0]}"
        has_place = self.tallies.enter(key, self.sessions_per_route)
        if not (has_place if isinstance(has_place, bool) else await has_place):
            return NoAnswer(f"{policy.routes[0]} is busy")
        try:
            return await self.routes.transmit(policy, envelope, content, before_dot, PATIENCE_S)
        finally:
            self.tallies.leave(key)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a next hop's answers mean for the sender and for each recipient."""

    reply: Reply
    endings: dict[str, tuple[Ending, str]]  # `Address.key` -> what happened, and the next hop's words.
    to_spool: frozenset[str] = frozenset()  # `Address.key` of those that we answer for from now on.
    kept: tuple[QueuedMessage, ...] = ()  # What the spool has for them.
    route: str = ""  # The one that was asked.
    tls: str = ""  # As `Transmission.tls`.
    release_url: str = ""  # Where the sender can free a refused message: for his eyes only, no record has it.

    @property
    def told(self) -> Reply:
        """What the sender hears."""
        return answers.releasable(self.reply, self.release_url) if self.release_url else self.reply


def settle(transmission: Transmission | NoAnswer, keys: tuple[str, ...], policy: Policy, message_id: str) -> Settlement:
    """The table of design 6.7. `keys` are the `Address.key` of the recipients that were to be relayed."""
    if isinstance(transmission, NoAnswer):
        return spooled(keys, transmission.reason, message_id)
    if _broke_off_before_dot(transmission):
        return spooled(keys, transmission.trouble, message_id)
    accepted = [key for key in keys if _reply(transmission, key).is_positive]
    if not accepted:
        return _nobody_accepted(transmission, keys, policy, message_id)
    if transmission.final is not None and transmission.final.is_positive:
        return _accepted(transmission, keys, message_id)
    if transmission.final is not None:
        reply = answers.relayed(transmission.final, message_id)
        return Settlement(reply, {key: (_turned_down(reply), str(transmission.final)) for key in keys})
    # The next hop may or may not have it: only a sender that tries again is sure to lose nothing.
    return Settlement(answers.UNSURE, dict.fromkeys(keys, (Ending.DEFERRED, transmission.trouble)))


def _broke_off_before_dot(transmission: Transmission) -> bool:
    """Whether the next hop took MAIL and was then heard no more: what it said to some recipients settles nothing."""
    is_unanswered = transmission.final is None and not transmission.dot_sent
    return is_unanswered and transmission.sender_reply is not None and transmission.trouble != ""


def _accepted(transmission: Transmission, keys: tuple[str, ...], message_id: str) -> Settlement:
    endings = {}
    for key in keys:
        reply = _reply(transmission, key)
        endings[key] = (Ending.RELAYED, str(transmission.final)) if reply.is_positive else (Ending.SPOOLED, str(reply))
    left = frozenset(key for key, (ending, _) in endings.items() if ending is Ending.SPOOLED)
    return Settlement(answers.accepted(message_id), endings, left)


def _nobody_accepted(transmission: Transmission, keys: tuple[str, ...], policy: Policy, message_id: str) -> Settlement:
    said = {key: _reply(transmission, key) for key in keys}
    temporary = [reply for reply in said.values() if not reply.is_permanent]
    if temporary and policy.buffers_rcpt_4xx:
        return spooled(keys, str(temporary[0]), message_id)
    chosen = answers.relayed(temporary[0] if temporary else next(iter(said.values())), message_id)
    return Settlement(chosen, {key: (_turned_down(chosen), str(reply)) for key, reply in said.items()})


def spooled(keys: tuple[str, ...], reason: str, message_id: str) -> Settlement:
    """Nobody has it yet, and we answer for it from now on."""
    return Settlement(answers.accepted(message_id), dict.fromkeys(keys, (Ending.SPOOLED, reason)), frozenset(keys))


def _reply(transmission: Transmission, key: str) -> Reply:
    """A recipient that was not answered counts as deferred, never as accepted."""
    return transmission.recipient_replies.get(key, replies.TRY_LATER)


def _turned_down(reply: Reply) -> Ending:
    return Ending.REJECTED_BY_NEXT_HOP if reply.is_permanent else Ending.DEFERRED
