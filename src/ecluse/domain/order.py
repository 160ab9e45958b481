"""What the control plane has a node do, and what came of it (design 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.act import Channel


class OrderKind(StrEnum):
    """What is to be done; the target is a message id, or of orders to the queue all messages of a destination."""

    RELEASE = "release"  # Let a held message go on to its recipients. Body: `ReleaseOrder`.
    DELETE = "delete"  # Take a held message away. Body: `DeleteOrder`.
    TEACH = "teach"  # Let the filter learn what a held message is; it stays held. Body: `TeachOrder`.
    LEARN = "learn"  # Let the filter learn what a message was that it has passed on. Body: `LearnOrder`.
    TAKE_BACK = "take-back"  # Let the filter forget lessons of a client. Body: `TakeBackOrder`.
    RESCAN = "rescan"  # Judge a held message anew; it stays held. Body: `RescanOrder`.
    FETCH = "fetch"  # Send the held octets up, sealed as they are: the answer's body.
    RETRY = "retry"  # Try a queued message at once.
    HOLD = "hold"  # Make no further attempt for a queued message.
    TRY_ROUTES = "try-routes"  # Speak with the next hops of a domain; the target is its name. Body: `TryOrder`.
    RESUME = "resume"  # Let a queued message that was held be tried again.
    LOCK = "lock"  # Let an account that is locked at another node send nothing here either. Body: the `Lock`.
    UNLOCK = "unlock"  # Let a locked account send again; the target is the lock's id. Body: `UnlockOrder`.
    DETOUR = "detour"  # Let outbound mail take another way, or none of its own any more. Body: `DetourOrder`.
    GIVE_BACK = "give-back"  # End a queued message: its sender is told where he is authenticated, else it expires.


ALL_OF_A_DESTINATION = "*"  # The target of an order to the queue whose body is a `QueueOrder`.
ALL_LESSONS = "lessons"  # The target of an order about lessons: it is about no one message.


class Releaser(StrEnum):
    """Who may have a held message released (1-7)."""

    ADMINISTRATOR = "administrator"
    RECIPIENT = "recipient"
    SENDER = "sender"


class Outcome(StrEnum):
    """How an order ended."""

    DONE = "done"
    FAILED = "failed"  # Can never be done; the text says why.


@dataclass(frozen=True, slots=True)
class Order:
    """One order to one node."""

    id: str
    kind: str  # An `OrderKind`, or a word of a later release.
    target: str
    actor: str  # Who wants it, as it is recorded.
    body: bytes = b""  # msgpack of what the kind says.


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """What a release has to know."""

    recipients: tuple[str, ...] = ()  # `Address.key` of those who are to get it; none: all who wait.
    released_by: Releaser = Releaser.ADMINISTRATOR
    content_key: bytes = b""  # Opens this one message; b"" where it is not sealed.


@dataclass(frozen=True, slots=True)
class DeleteOrder:
    """What a deletion has to know."""

    recipients: tuple[str, ...] = ()  # `Address.key` of those whose copy goes; none: everybody's.
    reason: str = ""  # Of an outbound message: what its sender is told.
    content_key: bytes = b""  # Likewise: opens it, so that he sees which one it was; b"" where it is not sealed.


@dataclass(frozen=True, slots=True)
class TryOrder:
    """What trying the routes has to know."""

    domain: str


@dataclass(frozen=True, slots=True)
class TeachOrder:
    """What a lesson has to know."""

    is_spam: bool
    channel: Channel
    recipient: str = ""  # `Address.key` of the user who says so; "" where it is somebody who runs the client.
    person: str = ""  # That one, as releases name him.
    content_key: bytes = b""  # Opens this one message; b"" where it is not sealed.


@dataclass(frozen=True, slots=True)
class LearnOrder:
    """What a lesson of a message has to know that no node holds any more: of its content places of tokens alone."""

    client: str
    recipient: str  # `Address.key` of the user whose word it is; "" where nobody knows who has said it.
    message: str  # As in `Said.message`.
    is_spam: bool
    tokens: bytes  # As in `Act.tokens`, of version `tokens_version`.
    tokens_version: int
    channel: Channel = Channel.REPORT


@dataclass(frozen=True, slots=True)
class TakeBackOrder:
    """Which lessons a node is to forget."""

    client: str
    numbers: tuple[int, ...]  # As in `Act.number`, at this node.


@dataclass(frozen=True, slots=True)
class QueueOrder:
    """Which messages an order to the queue is for, where it is not for one."""

    client: str
    destination: str


@dataclass(frozen=True, slots=True)
class DetourOrder:
    """Which outbound mail goes where, and how long."""

    client: str
    destination: str
    host: str  # "": by MX again.
    port: int = 25
    until: float = 0.0  # UTC, seconds since the epoch.


@dataclass(frozen=True, slots=True)
class RescanOrder:
    """What a new look has to know."""

    content_key: bytes = b""  # Opens this one message; b"" where it is not sealed.


@dataclass(frozen=True, slots=True)
class UnlockOrder:
    """What unlocking has to know."""

    was_us: bool = False  # What was sent was wanted.
    deletes_mail: bool = False  # What the lock holds in the queue is deleted; else it is delivered.


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What came of an order."""

    outcome: Outcome
    text: str  # What was done, or why not.
    body: bytes = b""  # What was asked for.
