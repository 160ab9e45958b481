"""Public holidays of France: neither invoices (6-4) nor working hours count them."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays


def is_public_holiday(day: date) -> bool:
    """Whether it is one."""
    return day in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
