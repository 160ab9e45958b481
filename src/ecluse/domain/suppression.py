"""To whom a client's mail is not sent any more, because he is not there, or has complained of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class SuppressionCause(StrEnum):
    """Why somebody is on the list."""

    UNKNOWN = "unknown"  # His server said so, of several messages.
    COMPLAINT = "complaint"  # He called the client's mail spam (RFC 5965).
    PERSON = "person"  # Somebody of the client's wants it so.


@dataclass(frozen=True, slots=True)
class Suppression:
    """One line of a client's list."""

    client: str
    recipient: str  # `Address.key`.
    cause: SuppressionCause
    since: float  # UTC, seconds since the epoch.


@dataclass(frozen=True, slots=True)
class UnknownRecipient:
    """A server's answer to one outbound message: its recipient is not there."""

    client: str
    recipient: str  # `Address.key`.
    message_id: str
    at: float  # UTC, seconds since the epoch.
    answer: str


def suppression_key(client: str, recipient: str) -> str:
    """Under which a line is published: both names may hold any character that could stand between them."""
    return hashlib.sha256(f"{client}\0{recipient}".encode("utf-8", "surrogatepass")).hexdigest()
