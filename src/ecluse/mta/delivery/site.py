"""Servers that several destinations have in common, and how much they bear: less when they say so, more while all is well."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecluse.mta.delivery.destination import Destination

FIRST_WINDOW = 2.0
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
SETTLING_S = 10.0  # What was under way when a server complained says nothing new about the smaller window.

# "Too many, too fast": 421, or a 4.7.x about us and not about the mailbox (RFC 3463 section 3.8).
_COMPLAINT = re.compile(r"(?:^|greeted with |was answered )(?:421\b|45[0-2][ -]4\.7\.)")


def is_complaint(answer: str) -> bool:
    """Whether a server asks us to slow down."""
    return _COMPLAINT.search(answer) is not None


@dataclass(slots=True)
class Site:
    """One provider's servers."""

    name: str
    most: int  # Connections at once, at best.
    window: float = FIRST_WINDOW  # Connections at once, now.
    active: set[str] = field(default_factory=set)  # Ids of messages under way.
    members: list[Destination] = field(default_factory=list)
    rests_until: float = 0.0  # Monotonic.
    complaints: int = 0  # In a row.
    _settled_at: float = 0.0

    def places(self, ticks: float) -> int:
        """How many more may be started; `ticks` is monotonic."""
        return 0 if ticks < self.rests_until else max(0, int(self.window) - len(self.active))

    def complain(self, ticks: float) -> None:
        """Half as many at once, after a pause that grows with each complaint."""
        if ticks < self._settled_at:
            return
        self.window = max(1.0, self.window / 2)
        pause_s = min(FIRST_PAUSE_S * 2**self.complaints, LONGEST_PAUSE_S)
        self.complaints = min(self.complaints + 1, 16)
        self.rests_until, self._settled_at = ticks + pause_s, ticks + pause_s + SETTLING_S

    def praise(self, ticks: float) -> None:
        """One more at once for each window's worth of good answers."""
        if ticks >= self._settled_at:
            self.window = min(float(self.most), self.window + 1 / self.window)
            self.complaints = 0
