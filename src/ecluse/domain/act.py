"""What somebody says a message was, as it is kept to be learned, and to be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TOKENS_VERSION = 2  # Of what tokens mean: by another one, places of tokens and weights at them say nothing.


class Channel(StrEnum):
    """How somebody told us; each is trusted as far as it can be forged."""

    ADMINISTRATOR = "administrator"  # Signed in to the console.
    RECIPIENT = "recipient"  # Digest, signed in.
    RELEASE = "release"  # A recipient had a refused or held message released.
    SENDER_RELEASE = "sender-release"  # The sender himself did: whoever wants in says so, proven or not.
    REPORT = "report"  # An abuse mailbox, or a program of the client's in a user's name.
    FOLDER = "folder"  # It lies in a folder of the client's mail server: some user has put it there, nobody knows who.
    OPERATOR = "operator"  # The provider, for what all clients share.


class Standing(StrEnum):
    """What became of an act."""

    LEARNED = "learned"
    WAITING = "waiting"  # It is far against the model: one more voter must say the same.
    SHADOW = "shadow"  # Kept out of learning, to test what is learned.
    IGNORED = "ignored"  # Too many of its channel that day, or not to be trusted.


@dataclass(frozen=True, slots=True)
class Origin:
    """An act as the node names it that was told."""

    node: str  # Its host name.
    log: str  # `log_name` of its log of the client's acts: one that is begun anew numbers from 1 again.
    number: int


@dataclass(frozen=True, slots=True)
class Act:
    """One message, what it was, and who says so."""

    number: int  # 1, 2, 3 ... for each client.
    at: float  # UTC, seconds since the epoch.
    channel: Channel
    voter: str  # Who: a keyed hash or a name of ours, the same for the same person.
    message: str  # Our id of the message.
    is_spam: bool
    tokens: bytes  # Places of its tokens, little-endian, four octets each, ascending: no text.
    standing: Standing
    undoes: int = 0  # The number of the act that this one takes back; then nothing else counts.
    tokens_version: int = 1  # What `TOKENS_VERSION` was; the first acts did not say.
    origin: Origin | None = None  # Where another node was told; None: this one.
    takes_back: Origin | None = None  # The act with the number `undoes`, where another node was told that one.


def log_name(first: Act) -> str:
    """A name for the log that begins with this act: microseconds since the epoch."""
    return str(int(first.at * 1_000_000))
