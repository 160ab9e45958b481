"""Which period of a contract a day was in, however often it was renewed since (3-15, 10-3)."""

from __future__ import annotations

from datetime import date

from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.terms import RENEWED_BY, Period, months_after

_YEAR = 12


def period_of(contract: Contract, day: date) -> Period:
    """The first one for a day before it. Raises `ValueError` for a contract that has never begun."""
    first_day = contract.first_day
    if first_day is None:
        raise ValueError(f"{contract} has not begun")
    begun = _whole_months(first_day, day) - contract.months
    if begun < 0:
        return Period(first_day, 0, contract.months)
    return Period(first_day, contract.months + begun // RENEWED_BY * RENEWED_BY, RENEWED_BY)


def _whole_months(first_day: date, day: date) -> int:
    months = max(0, (day.year - first_day.year) * _YEAR + day.month - first_day.month)
    return months - (months > 0 and months_after(first_day, months) > day)
