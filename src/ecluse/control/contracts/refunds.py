"""What a client gets back who leaves for a reason that the contract grants (3-8, 6-11, 10-1); for any other, nothing (3-17)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from ecluse.control.contracts.terms import Period, within_a_month
from ecluse.domain.money import cents


def refund(price: Decimal, period: Period, leaves_on: date) -> Decimal:
    """The share of the period's price, net of tax, that its months not begun have."""
    return cents(Fraction(price) * period.unused_months(leaves_on) / period.months)


def is_refund_in_time(event: date, asked_on: date) -> bool:
    """Within a month of what it is asked for (6-11)."""
    return within_a_month(event, asked_on)
