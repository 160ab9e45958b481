"""Amounts of money: Decimal alone, to the cent, halves away from zero, as EN 16931 has it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")


def cents(amount: Decimal | Fraction | int) -> Decimal:
    """The amount, rounded once to whole cents. Raises `TypeError` for a float: it has lost some already."""
    if isinstance(amount, float):
        raise TypeError("an amount of money is no float")
    if isinstance(amount, Fraction):
        # Not by division of Decimals: what they drop could turn a half around.
        sign = -1 if amount < 0 else 1
        whole, rest = divmod(abs(amount.numerator) * 100, amount.denominator)
        return Decimal(sign * (whole + (2 * rest >= amount.denominator))).scaleb(-2)
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


def french(amount: Decimal) -> str:
    """As French papers write it, without its currency: `1234,50`."""
    return f"{amount:.2f}".replace(".", ",")


def share(amount: Decimal, percent: Fraction | int) -> Decimal:
    """So many percent of it, to the cent."""
    return cents(Fraction(amount) * Fraction(percent) / 100)
