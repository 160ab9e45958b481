"""What late payment costs: the central bank's rate of each half-year and ten points, day by day, and 40 EUR once (6-7, 6-8)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import resources
from itertools import pairwise

from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

POINTS = 10  # 6-7.
YEAR_DAYS = 365  # Actual/365.
RECOVERY = Decimal("40.00")  # Once for each invoice (6-8); no part of a price, so without tax.
_JULY = 7


@dataclass(frozen=True, slots=True)
class PenaltyPart:
    """The days of one half-year."""

    half_year: date  # Its first day.
    days: int
    key_rate: Decimal  # Percent.
    amount: Fraction  # Not rounded yet.


def penalty(parts: Iterable[PenaltyPart]) -> Decimal:
    """All of it, rounded once."""
    return cents(sum((each.amount for each in parts), Fraction(0)))


def penalty_parts(amount: Decimal, due: date, until: date, known: Mapping[date, Decimal]) -> Iterator[PenaltyPart]:
    """What paying so much on that day costs, by half-year: from the day after it was due to that day, both included.

    `known` are the key rates by first day of a half-year. Raises `Impossible` for one that is not among them.
    """
    for start, end in _by_half_year(due + timedelta(days=1), until + timedelta(days=1)):
        half_year, days = half_year_of(start), (end - start).days
        if half_year not in known:
            raise Impossible(f"the key rate of the half-year from {half_year} is not known")
        rate = known[half_year]
        yearly = Fraction(amount) * (Fraction(rate) + POINTS) / 100
        yield PenaltyPart(half_year, days, rate, yearly * days / YEAR_DAYS)


def half_year_of(day: date) -> date:
    """The first day of the half-year it is in: the rate in force then holds for all of it."""
    return date(day.year, _JULY if day.month >= _JULY else 1, 1)


@cache
def shipped_rates() -> Mapping[date, Decimal]:
    """The key rates that were known when this was written, by first day of a half-year."""
    text = resources.files(__package__).joinpath("ecb_rates.csv").read_text("ascii")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {date.fromisoformat(row["half_year"]): Decimal(row["percent"]) for row in rows}


def _by_half_year(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cut where a half-year begins."""
    years = range(start.year, end.year + 1)
    edges = [day for year in years for day in (date(year, 1, 1), date(year, _JULY, 1)) if start < day < end]
    yield from ((one, other) for one, other in pairwise((start, *edges, end)) if one < other)
