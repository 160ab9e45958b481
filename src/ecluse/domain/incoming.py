"""A message as it was received, before any judgement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.account import Account
from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope
from ecluse.domain.forwarded import Forwarded
from ecluse.domain.peer import Peer


class Direction(StrEnum):
    """Which of the two services a message passes through."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One received message and all that SMTP told about it."""

    id: str  # UUIDv7 in 32 hexadecimal digits: sorts by time.
    received_at: float  # UTC, seconds since the epoch.
    direction: Direction
    client: str  # The client whose domain it is for, or from.
    peer: Peer
    envelope: Envelope
    content: Content
    account: Account | None = None  # Outbound: who sends it; None inbound.
    forwarded: Forwarded | None = None  # Outbound: somebody else wrote it, to the client; None = the client did.
