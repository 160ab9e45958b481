"""One attempt to deliver a spooled message, and what each answer means for its recipients."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Impossible
from ecluse.domain.event import SessionEvent
from ecluse.domain.policy import Policy
from ecluse.domain.queue import QueuedMessage
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.next_hop import Transmission
from ecluse.mta.delivery.providers import Provider
from ecluse.mta.delivery.routes import NoAnswer, Routes
from ecluse.mta.delivery.site import is_complaint

PATIENCE_S = 600.0  # Up to our final dot.


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt brought; keys are `Address.key`, values the next hop's words."""

    delivered: dict[str, str]
    failed: dict[str, str]
    deferred: dict[str, str]
    is_outage: bool  # No server of the destination answered at all (11-2).
    reports_success: bool = False  # The next hop offers DSN: it reports further delivery itself (RFC 3461 5.2.2).
    route: str = ""  # The one that answered, or the last that was tried.
    tls: str = ""  # As `Transmission.tls`.
    sessions: tuple[SessionEvent, ...] = ()  # As `Transmission.sessions`.
    provider: Provider | None = None  # Of a domain of the Internet: who runs its servers; None: none were found.

    @property
    def is_complaint(self) -> bool:
        """Whether a server asks us to slow down."""
        return any(map(is_complaint, self.deferred.values()))


async def attempt(message: QueuedMessage, content: Content, policy: Policy | None, routes: Routes) -> Outcome:
    """Try all waiting recipients once."""
    keys = [recipient.address.key for recipient in message.waiting]
    if policy is None:
        return _all_deferred(keys, f"{message.destination} has no route any more", is_outage=False)
    try:
        answer = await routes.transmit(policy, _envelope(message), content, _no_intent, PATIENCE_S)
    except Impossible as problem:
        # An address that no command can hold: waiting would not help it.
        return Outcome({}, dict.fromkeys(keys, str(problem)), {}, is_outage=False)
    outcome = _no_answer(keys, answer) if isinstance(answer, NoAnswer) else _read(keys, answer)
    return replace(outcome, route=str(answer.route or ""), tls=answer.tls, sessions=answer.sessions)


def turned_down(message: QueuedMessage, reply: Reply) -> Outcome:
    """What we say ourselves to all who wait, where no server can be asked."""
    said = dict.fromkeys((recipient.address.key for recipient in message.waiting), str(reply))
    # A domain whose servers cannot be found keeps silent as one does whose servers do not answer.
    ended, waiting = (said, {}) if reply.is_permanent else ({}, said)
    return Outcome({}, ended, waiting, is_outage=not reply.is_permanent)


def _envelope(message: QueuedMessage) -> Envelope:
    return Envelope(
        sender=message.sender,
        recipients=tuple(Recipient(one.address, one.notify, one.orcpt) for one in message.waiting),
        body=message.body,
        smtputf8=message.smtputf8,
        ret=message.ret,
        envid=message.envid,
    )


def _no_intent() -> None:
    """The spool itself says that the message may be on its way: no journal record precedes the dot."""


def _no_answer(keys: list[str], answer: NoAnswer) -> Outcome:
    if answer.said is not None and answer.said.is_permanent:
        return Outcome({}, dict.fromkeys(keys, str(answer.said)), {}, is_outage=False)
    reason = str(answer.said) if answer.said else answer.reason
    return _all_deferred(keys, reason, is_outage=answer.is_outage)


def _all_deferred(keys: list[str], reason: str, *, is_outage: bool) -> Outcome:
    return Outcome({}, {}, dict.fromkeys(keys, reason), is_outage)


def _read(keys: list[str], transmission: Transmission) -> Outcome:
    delivered: dict[str, str] = {}
    failed: dict[str, str] = {}
    deferred: dict[str, str] = {}
    for key in keys:
        reply = _last_word(transmission, key)
        if reply is None:
            deferred[key] = transmission.trouble
        elif reply.is_positive:
            delivered[key] = str(reply)
        elif reply.is_permanent:
            failed[key] = str(reply)
        else:
            deferred[key] = str(reply)
    return Outcome(delivered, failed, deferred, is_outage=False, reports_success=transmission.offers_dsn)


def _last_word(transmission: Transmission, key: str) -> Reply | None:
    """A recipient that RCPT turned away hears that; the others hear the reply to the dot, or nothing."""
    reply = transmission.recipient_replies.get(key)
    return transmission.final if reply is None or reply.is_positive else reply
