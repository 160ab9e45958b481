"""What a breach takes off the next invoice, net of tax (10-2 to 10-4). Virus breaches have no price (10-5)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ecluse.domain.money import share

CAP = 50  # Percent of what it is taken from.
TIMES = 10
_A_SLICE = 10  # Percent for each full hour.
_SLICE_S = 3_600


def wrong_verdicts_percent(blocked: int, passed: int, verdicts: int) -> Fraction:
    """Of the next invoice: ten times both rates of the most critical week together, at most half (10-2)."""
    if not verdicts:
        return Fraction(0)
    return min(Fraction(CAP), TIMES * Fraction(100 * (blocked + passed), verdicts))


def outage_percent(down_s: int) -> int:
    """Of the monthly amount: for each full hour of all outages of the month together, at most half (10-4)."""
    return min(CAP, _A_SLICE * (down_s // _SLICE_S))


def credit(base: Decimal, percent: Fraction | int) -> Decimal:
    """The amount."""
    return share(base, percent)
