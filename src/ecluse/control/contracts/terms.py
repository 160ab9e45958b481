"""Periods of a contract, in calendar months from the day of its acceptance, and until when one may give notice.

3-14 to 3-16. Days are those of the contract's own time zone.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = (12, 24, 36)  # 3-14.
RENEWED_BY = 12  # Whatever the first was (3-15).
NOTICE_DAYS = 15
PARIS = ZoneInfo("Europe/Paris")
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """Some months of a contract. Periods are counted from the contract's first day, lest short months shift them."""

    first_day: date  # Of the whole contract.
    after: int  # Months before this period.
    months: int

    @property
    def starts_on(self) -> date:
        """Its first day."""
        return months_after(self.first_day, self.after)

    @property
    def ends_on(self) -> date:
        """The day with which it is over: the first one behind it."""
        return months_after(self.first_day, self.after + self.months)

    @property
    def renewed(self) -> Period:
        """The one that follows (3-15)."""
        return replace(self, after=self.after + self.months, months=RENEWED_BY)

    @property
    def earlier(self) -> Period:
        """All that came before it, as one; of no months where it is the first."""
        return replace(self, after=0, months=self.after)

    def begun_months(self, day: date) -> int:
        """How many of its months have begun with that day; none before it, all behind it."""
        return sum(months_after(self.first_day, self.after + each) <= day for each in range(self.months))

    def unused_months(self, day: date) -> int:
        """Whole months that come after the one that this day is in (3-8, 10-1)."""
        return self.months - self.begun_months(day)

    def months_from(self, day: date) -> int:
        """Whole months left for what begins that day: a month that begins with it counts, one that has begun before does not."""
        return self.unused_months(day - timedelta(days=1))


def months_after(day: date, months: int) -> date:
    """The day of the same number; where a month has none, the first of the next, so that no period is cut short."""
    year, month = _month(day, months)
    if day.day > monthrange(year, month)[1]:
        return date(year, month, monthrange(year, month)[1]) + timedelta(days=1)
    return date(year, month, day.day)


def within_a_month(event: date, day: date) -> bool:
    """Whether this is within a month of it, to the end of the day of the same number, or of the month (6-11)."""
    return event <= day <= last_day_of_month(event)


def last_day_of_month(event: date) -> date:
    """Of the month that runs from it: the day of the same number, or the last one (6-11)."""
    year, month = _month(event, 1)
    return date(year, month, min(event.day, monthrange(year, month)[1]))


def end_of(period: Period, zone: ZoneInfo = PARIS) -> datetime:
    """The moment it is over: midnight there."""
    return datetime.combine(period.ends_on, time(), zone)


def notice_deadline(period: Period, zone: ZoneInfo = PARIS) -> datetime:
    """The last moment at which a letter of notice may arrive: days of the calendar, whatever clocks do between (3-16)."""
    return datetime.combine(period.ends_on - timedelta(days=NOTICE_DAYS), time(), zone)


def is_in_time(received_at: datetime, period: Period, zone: ZoneInfo = PARIS) -> bool:
    """Whether a letter that arrived then ends the contract with this period (3-16)."""
    return received_at <= notice_deadline(period, zone)


def _month(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * _YEAR + day.month - 1 + months, _YEAR)
    return year, month + 1
