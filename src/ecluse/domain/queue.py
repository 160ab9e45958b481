"""A message we have answered for: what the spool keeps, and how far its delivery has come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from ecluse.domain.address import Address
from ecluse.domain.incoming import Direction


class Fate(StrEnum):
    """What became of one recipient of a spooled message."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    BOUNCED = "bounced"  # A DSN went to the sender (RFC 3464).
    EXPIRED = "expired"  # Could not be delivered and may not be bounced: listed to the administrator (11-2).
    DELETED = "deleted"  # By order of a person.


@dataclass(frozen=True, slots=True)
class QueuedRecipient:
    """One recipient of a spooled message."""

    address: Address
    notify: tuple[str, ...] = ()
    orcpt: str = ""
    fate: Fate = Fate.WAITING
    category: str = ""  # Of a held message: the letter of the verdict for this recipient.
    reply: str = ""  # The last answer of the next hop, or why there was none.


RELEASED = "r"  # Behind the id of a message that the queue has for other recipients; a doorbell takes letters alone.
PART = "p"  # Behind the id of what the queue has for one of several destinations; it comes last.
SMART_HOST = "outbound"  # The destination of outbound mail that takes the one configured route.


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A spooled message without its content."""

    id: str
    direction: Direction
    client: str
    destination: str  # Domain whose routes or exchanges it takes, or `SMART_HOST`; one message has one destination.
    received_at: float
    queued_at: float
    sender: Address | None
    is_sender_authenticated: bool  # Only then may a DSN be sent to it (design 6.7, 11-2).
    recipients: tuple[QueuedRecipient, ...]
    body: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    size: int = 0
    attempts: int = 0
    next_attempt: float = 0.0  # UTC, seconds since the epoch.
    is_held: bool = False  # True: no attempt until a person says so, or it waits in quarantine.
    reason: str = ""  # Why it is here, one sentence.
    verdict: str = ""  # Of a held message: the disposition and findings, "refuse: GTUBE".
    has_delay_notice: bool = False
    seal: bytes = b""  # Of a held message: its content key, wrapped to the client's public key; b"" = not sealed.
    token: bytes = b""  # Of a held message whose sender was told where to release it: SHA-256 of what he was told.
    may_be_challenged: bool = False  # Of a held message: its sender is proven, and no program (1-6).
    summary: bytes = b""  # Of a sealed message: `HeldSummary` under the content key.
    account: str = ""  # Outbound: `Account.name` of who sent it; a lock holds what is queued of it (3-12).
    ip: str = ""  # Outbound: from where; a lock of that address holds it, too. "" in queues of older releases.
    is_of_newcomer: bool = False  # Outbound: its account, or its client, was in its first days here.
    is_tls_optional: bool = False  # A TLS report: delivered though TLS fails, and not reported (RFC 8460 section 3).
    rewrites_in: str = ""  # Of a forwarded message: the client's domain in which its foreign sender is rewritten (SRS).
    answered_since: float = 0.0  # When a next hop first answered an attempt with a 4xx; 0 = not yet.
    proven: str = ""  # Of a held message: the registered domain proven of its author; "" = anybody may be he.

    @property
    def message_id(self) -> str:
        """As its sender, the journal and people know it, under whatever id a release has put it into the queue."""
        return message_id_of(self.id)

    @property
    def waiting(self) -> tuple[QueuedRecipient, ...]:
        """The recipients that are still to be served."""
        return tuple(recipient for recipient in self.recipients if recipient.fate is Fate.WAITING)


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a spooled message's life, appended to its file and folded over it when it is read."""

    at: float
    fates: dict[str, tuple[Fate, str]]  # `Address.key` -> its fate now, and the reply.
    next_attempt: float | None = None
    is_attempt: bool = False  # Counts as a delivery attempt.
    is_held: bool | None = None
    reason: str = ""
    has_delay_notice: bool = False
    answered_at: float = 0.0  # A next hop answered with a 4xx then; 0 = it did not.
    by: str = ""  # Who ordered it; "" for the schedule.


def message_id_of(queued_id: str) -> str:
    """See `QueuedMessage.message_id`."""
    return queued_id.partition(PART)[0].partition(RELEASED)[0]


def outbound_destination(domain: str, has_smart_host: bool) -> str:  # noqa: FBT001 - a setting handed on.
    """Where outbound mail for a recipient's domain waits."""
    return SMART_HOST if has_smart_host else domain


def parts_of(message: QueuedMessage) -> tuple[QueuedMessage, ...]:
    """The message for each domain of those who wait, in their order; where all share one it keeps its id.

    Ids of parts depend on message and domain alone: what a crash cut short can be done again and doubles nothing.
    """
    by_domain: dict[str, list[QueuedRecipient]] = {}
    for one in message.waiting:
        by_domain.setdefault(one.address.domain, []).append(one)
    if len(by_domain) == 1:
        return (replace(message, destination=next(iter(by_domain))),)
    return tuple(
        replace(message, id=_part_id(message.id, domain), destination=domain, recipients=tuple(recipients))
        for domain, recipients in by_domain.items()
    )


def _part_id(message_id: str, domain: str) -> str:
    return f"{message_id}{PART}{blake2b(domain.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}"


def advance(message: QueuedMessage, progress: Progress) -> QueuedMessage:
    """The message after one more step. A recipient's fate is final: later steps do not change it."""
    return replace(
        message,
        recipients=tuple(_advance(recipient, progress) for recipient in message.recipients),
        attempts=message.attempts + progress.is_attempt,
        next_attempt=message.next_attempt if progress.next_attempt is None else progress.next_attempt,
        is_held=message.is_held if progress.is_held is None else progress.is_held,
        reason=progress.reason or message.reason,
        has_delay_notice=message.has_delay_notice or progress.has_delay_notice,
        answered_since=message.answered_since or progress.answered_at,
    )


def _advance(recipient: QueuedRecipient, progress: Progress) -> QueuedRecipient:
    step = progress.fates.get(recipient.address.key)
    if step is None or recipient.fate is not Fate.WAITING:
        return recipient
    return replace(recipient, fate=step[0], reply=step[1])
