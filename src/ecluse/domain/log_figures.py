"""What a client's mail came to on one day, as the message log counts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
