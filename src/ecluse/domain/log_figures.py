"""What a client's mail came to on one day, as the message log counts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

HOUR_S = 3_600.0  # Hours are counted since the epoch: `at // HOUR_S`.


@dataclass(frozen=True, slots=True)
class DayFigure:
    """How many recipients fared so; each recipient of a message counts."""

    day: date  # Of receipt, UTC.
    direction: str
    disposition: str
    category: str
    fate: str
    count: int
    octets: int


@dataclass(frozen=True, slots=True)
class BusyAddress:
    """One address of a client's through which much mail went."""

    direction: str
    address: str  # Of outbound mail the sender, of inbound mail the recipient.
    messages: int
