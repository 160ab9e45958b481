"""Days as a contract counts them, told a second time and in another way than the product does: by steps of one month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count

YEAR = 12
NOTICE = timedelta(days=15)  # 3-16.
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """One period: its first day, and the first one behind it."""

    number: int  # 0: the first term.
    starts: date
    ends: date


def spans(first_day: date, months: int) -> Iterator[Span]:
    """The first term, then years without end (3-14, 3-15)."""
    behind = 0
    for number in count():
        length = YEAR if number else months
        yield Span(number, later(first_day, behind), later(first_day, behind + length))
        behind += length


@cache  # The same few days are asked for each evening.
def later(day: date, months: int) -> date:
    """So many months on, the same day of the month; where there is none, the first of the next month."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    found = first + timedelta(days=day.day - 1)
    return found if found.month == first.month else found.replace(day=1)


def months_left(first_day: date, span: Span, day: date) -> int:
    """Whole months of the period that begin on that day or later."""
    behind, count = 0, 0
    while (begins := later(first_day, behind)) < span.ends:
        count += begins >= max(day, span.starts)
        behind += 1
    return count


def last_of_month(day: date) -> date:
    """Of the month that this day is in."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY
