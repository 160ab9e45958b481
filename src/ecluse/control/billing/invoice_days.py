"""On which days an invoice is dated, sent, due, and its client late (6-3, 6-4, 6-6, 6-7, 6-10)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ecluse.control.contracts.public_holidays import is_public_holiday
from ecluse.control.contracts.terms import PARIS

SENT_WITHIN = 3  # Jours ouvrables (6-4).
PAYABLE_DAYS = 30  # Of receipt (6-6).
TERMINABLE_DAYS = 15  # Of the day it was due (6-10).
_SUNDAY = 6


def invoice_day(period_start: date) -> date:
    """The last day of the calendar month in which the period starts (6-3)."""
    return period_start.replace(day=monthrange(period_start.year, period_start.month)[1])


def today() -> date:
    """In Paris, where what is written is dated: after midnight there the day of UTC is still the one before."""
    return datetime.now(PARIS).date()


def has_come(day: date, now: datetime, zone: ZoneInfo) -> bool:
    """Whether it has begun for both: in Paris, where what is written is dated, and where the client is (docs/decisions/0030)."""
    return day <= min(now.astimezone(PARIS).date(), now.astimezone(zone).date())


def sent_by(invoiced_on: date) -> date:
    """The last day on which it may be mailed (6-4)."""
    day, left = invoiced_on, SENT_WITHIN
    while left:
        day += timedelta(days=1)
        left -= is_ouvrable(day)
    return day


def is_ouvrable(day: date) -> bool:
    """Monday to Saturday, and no public holiday of France."""
    return day.weekday() != _SUNDAY and not is_public_holiday(day)


def due_on(received_on: date) -> date:
    """The last day on which it is paid in time (6-6)."""
    return received_on + timedelta(days=PAYABLE_DAYS)


def is_late(due: date, day: date) -> bool:
    """Penalties run from the day after it was due (6-7)."""
    return day > due


def is_terminable(due: date, day: date) -> bool:
    """Whether the provider may end the contract: fifteen days have gone by, too (6-10)."""
    return day > due + timedelta(days=TERMINABLE_DAYS)
