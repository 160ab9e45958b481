"""One line of a bank's statement, whichever way the bank writes them down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ecluse.domain.errors import Impossible

MAX_ROWS = 5_000
MAX_LABEL = 500


class BadStatement(Impossible):
    """A file that is no statement we can read."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line  # Of the file, from 1; 0 for all of it.


@dataclass(frozen=True, slots=True)
class BankRow:
    """One line: money that came, or below 0 that went."""

    booked_on: date
    label: str
    amount: Decimal
    reference: str = ""  # The bank's own of it, which tells lines apart that say the same; "" where it gives none.


def label_of(words: str) -> str:
    """As much of it as is kept, on one line."""
    return " ".join(words.split())[:MAX_LABEL].replace("\0", "")
