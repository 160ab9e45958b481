"""What one vantage point found of one service of a server in one minute (9-7, 9-8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.incoming import Direction

MAX_REASON = 300
MAX_RESULTS = 1_000  # That a point tells the console at once.
MAX_AGE_MIN = 15 * 1_440  # No older word is taken: months close fifteen days after their end.


class Step(StrEnum):
    """How far the mail of that minute had to come."""

    REPLY = "reply"  # To the final reply: by it a server is up or down.
    ARRIVAL = "arrival"  # To the provider's sink, within its time: of outbound mail that was taken.


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """It came so far, or it was missed."""

    server: str  # As clients have it among their two.
    service: Direction
    minute: int  # In which the session began, counted since the epoch.
    is_missed: bool
    reason: str = ""  # Of a miss: the reply that came instead, or what went wrong.
    step: Step = Step.REPLY
