"""The central bank's rates by half-year: those that were shipped, and those that the provider has entered since (6-7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.billing.late_payment import half_year_of, shipped_rates
from ecluse.control.billing.models import KeyRate
from ecluse.control.contracts.terms import PARIS
from ecluse.domain.errors import Impossible

HIGHEST = 50  # Percent: whatever is above was mistyped.


@dataclass(frozen=True, slots=True)
class KnownRate:
    """One half-year's."""

    half_year: date  # Its first day.
    percent: Decimal
    entered: KeyRate | None  # None where it was shipped.


def enter_rate(half_year: date, percent: Decimal, *, by: Actor) -> KeyRate:
    """What was in force on the first day of that half-year; corrects what was entered before.

    Raises `Impossible` for another day, a half-year that has not begun, one that is shipped, and what is no rate.
    """
    if half_year != half_year_of(half_year) or half_year in shipped_rates() or not 0 <= percent <= HIGHEST:
        raise Impossible("a key rate is that of a half-year which is not known, from 0 to 50 percent")
    before = known_rates().get(half_year)
    with change(by=by) as act:
        if half_year > act.at.astimezone(PARIS).date():
            raise Impossible("what will be in force is not known yet")
        row = KeyRate.objects.create(half_year=half_year, percent=percent, made_at=act.at, made_by=str(by))
        said = {"half_year": str(half_year), "percent": str(percent)}
        act.record("key-rate.entered", row, before={"percent": str(before)}, after=said)
        return row


def known_rates() -> Mapping[date, Decimal]:
    """By first day of a half-year."""
    return {each.half_year: each.percent for each in all_rates()}


def all_rates() -> list[KnownRate]:
    """The newest first."""
    entered = {each.half_year: each for each in reversed(KeyRate.objects.all())}
    found = [KnownRate(day, percent, None) for day, percent in shipped_rates().items() if day not in entered]
    found += [KnownRate(each.half_year, each.percent, each) for each in entered.values()]
    return sorted(found, key=lambda each: each.half_year, reverse=True)


def unknown_half_years(day: date) -> list[date]:
    """From the first that was shipped to the one of that day, the newest first."""
    years = range(min(shipped_rates()).year, day.year + 1)
    halves = (half_year_of(date(year, month, 1)) for year in years for month in (1, 7))
    known = known_rates()
    return sorted((each for each in halves if each <= day and each not in known), reverse=True)
