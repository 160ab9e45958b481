"""What people are shown of a held message before they open it."""

from __future__ import annotations

from dataclasses import dataclass

NOT_IN_TIME = "nobody approved it in time"  # What the sender of outbound mail is told at the end of its time.
MAX_WORDS = 300  # Characters of each.


@dataclass(frozen=True, slots=True)
class HeldSummary:
    """Content, and sealed like it: no log has it (15-8)."""

    author: str  # The From field, as its reader sees it.
    subject: str
