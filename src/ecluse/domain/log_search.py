"""What is asked of the message log, and what it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ecluse.domain.log_row import LogRow

ID_DIGITS = 32
_LATEST = (1 << 48) - 1  # Milliseconds: the end of time in a UUIDv7.


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Between two rows of the log, which runs from the newest to the oldest: behind the row that is named."""

    id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class LogSearch:
    """All that is given must fit; an empty field fits everything. Addresses in lower case, "a.example" = of the domain."""

    client: str = ""  # "" = all clients: the provider's own view.
    since: float = 0.0  # UTC, seconds since the epoch.
    until: float = math.inf
    id_prefix: str = ""
    party: str = ""  # The sender or the recipient.
    sender: str = ""
    recipient: str = ""
    ip: str = ""
    subject: str = ""  # A part of it, in any case.
    direction: str = ""
    dispositions: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    fates: frozenset[str] = frozenset()
    code_class: int = 0  # 2, 4 or 5.

    @property
    def first_id(self) -> str:
        """No id that fits is smaller."""
        return max(f"{_milliseconds(self.since):012x}".ljust(ID_DIGITS, "0"), self.id_prefix.ljust(ID_DIGITS, "0"))

    @property
    def last_id(self) -> str:
        """No id that fits is larger."""
        return min(f"{_milliseconds(self.until):012x}".ljust(ID_DIGITS, "f"), self.id_prefix.ljust(ID_DIGITS, "f"))


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some rows that fit, newest first."""

    rows: tuple[LogRow, ...]
    following: LogPlace | None  # Where the next page begins, which may be empty; None when all was looked at.


def _milliseconds(at: float) -> int:
    return max(0, min(int(at * 1_000), _LATEST)) if math.isfinite(at) else (_LATEST if at > 0 else 0)
