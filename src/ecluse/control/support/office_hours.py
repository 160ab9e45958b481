"""How much of a span of time falls into the hours in which the provider's support works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ecluse.control.contracts.public_holidays import is_public_holiday

_SATURDAY = 5
_MOST_DAYS = 3_660  # A span is never longer than a ticket is kept.


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Monday to Friday, without the public holidays of France."""

    zone: ZoneInfo
    opens: time
    closes: time

    def seconds_between(self, start: datetime, end: datetime) -> float:
        """Working seconds from `start` to `end`, both aware; 0.0 where the end comes first."""
        return sum(_overlap(start, end, *span) for span in self._spans(start, end))

    def _spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        for _ in range(_MOST_DAYS):
            if day > last:
                return
            if _is_working_day(day):
                yield (
                    datetime.combine(day, self.opens, self.zone),
                    datetime.combine(day, self.closes, self.zone),
                )
            day += timedelta(days=1)


def _is_working_day(day: date) -> bool:
    """Monday to Friday, and no public holiday of France."""
    return day.weekday() < _SATURDAY and not is_public_holiday(day)


def _overlap(start: datetime, end: datetime, opens: datetime, closes: datetime) -> float:
    # Times of day of one zone are subtracted without regard to its clock changes: as moments they are not.
    return max(0.0, min(end.timestamp(), closes.timestamp()) - max(start.timestamp(), opens.timestamp()))
