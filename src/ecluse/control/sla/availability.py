"""Whether the service was there in a month: down is when both servers of a client are, and nothing excuses it (9-6 to 9-9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from ecluse.control.sla.spans import Span, common, seconds, without

_ONE_IN = 10_000  # At most this share of a month is it down: 99.99 % (9-7).
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a client's: as long as its own clocks say."""

    year: int
    month: int
    zone: ZoneInfo

    @classmethod
    def of(cls, day: date, zone: ZoneInfo) -> Month:
        """The one that this day is in."""
        return cls(day.year, day.month, zone)

    @property
    def first_day(self) -> date:
        """Of it."""
        return date(self.year, self.month, 1)

    @property
    def following(self) -> Month:
        """The next one."""
        year, month = (self.year + 1, 1) if self.month == _DECEMBER else (self.year, self.month + 1)
        return Month(year, month, self.zone)

    @property
    def start(self) -> datetime:
        """Its first midnight."""
        return datetime(self.year, self.month, 1, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        """The next one's."""
        return self.following.start

    @property
    def span(self) -> Span:
        """From its first midnight to the next month's."""
        return Span(int(self.start.timestamp()), int(self.end.timestamp()))


@dataclass(frozen=True, slots=True)
class Availability:
    """Of one service in one month."""

    month_s: int
    down_s: int

    @property
    def share(self) -> Fraction:
        """Of the month that it was there."""
        return 1 - Fraction(self.down_s, self.month_s)

    @property
    def is_kept(self) -> bool:
        """At least 99.99 %, exactly: no rounding (9-7)."""
        return self.down_s * _ONE_IN <= self.month_s


def availability(
    month: Month,
    servers: Sequence[Iterable[Span]],
    force_majeure: Iterable[Span] = (),
    misconfigured: Iterable[Span] = (),
) -> Availability:
    """From when each of the client's servers was down. Raises `ValueError` without a server."""
    return Availability(month.span.seconds, seconds(unavailable(month, servers, force_majeure, misconfigured)))


def unavailable(
    month: Month,
    servers: Sequence[Iterable[Span]],
    force_majeure: Iterable[Span] = (),
    misconfigured: Iterable[Span] = (),
) -> tuple[Span, ...]:
    """The time of the month that counts, in order. Raises `ValueError` without a server.

    Not counted is force majeure (12-1), and the time in which the client's MX did not name them all (9-9).
    """
    if not servers:
        raise ValueError("a client without a server")
    down: Iterable[Span] = (month.span,)
    for each in servers:
        down = common(down, each)
    return without(without(down, force_majeure), misconfigured)
