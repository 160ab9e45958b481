"""What one vantage point found of one service of a server in one minute (9-7, 9-8)."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.incoming import Direction

MAX_REASON = 300
MAX_RESULTS = 1_000  # That a point tells the console at once.
MAX_AGE_MIN = 15 * 1_440  # No older word is taken: months close fifteen days after their end.


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The expected final reply came, or it was missed."""

    server: str  # As clients have it among their two.
    service: Direction
    minute: int  # In which the session began, counted since the epoch.
    is_missed: bool
    reason: str = ""  # Of a miss: the reply that came instead, or what went wrong.
