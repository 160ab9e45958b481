"""Sums of an invoice as EN 16931 adds and rounds them: each line, then the tax of each rate over the sum of its lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ecluse.domain.money import cents, share


class VatCategory(StrEnum):
    """Why so much tax (UNTDID 5305)."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"  # The client, in another country of the Union, owes it.
    EXEMPT = "E"
    OUTSIDE = "O"  # The client is outside the Union: the place of the service is not here.


STANDARD_RATE = Decimal(20)  # Percent, in metropolitan France.


@dataclass(frozen=True, slots=True)
class Vat:
    """One rate with its reason."""

    category: VatCategory
    percent: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Raises `ValueError` where the two disagree (BR-S-5, BR-AE-5, BR-E-5)."""
        if (self.percent > 0) != (self.category is VatCategory.STANDARD):
            raise ValueError(f"category {self.category} with {self.percent} %")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is paid for; or given back: then its quantity is below 0, since a price never is (BR-27)."""

    text: str
    quantity: Decimal
    unit_price: Decimal  # Net of tax, up to four decimals; never below 0.
    vat: Vat
    note: str = ""  # How it was computed (BT-127).

    def __post_init__(self) -> None:
        """Raises `ValueError`."""
        if self.unit_price < 0:
            raise ValueError("a price is never below 0: what is given back has a quantity below 0 (BR-27)")

    @property
    def net(self) -> Decimal:
        """BT-131."""
        return cents(Fraction(self.quantity) * Fraction(self.unit_price))


@dataclass(frozen=True, slots=True)
class VatSum:
    """All lines of one rate (BG-23)."""

    vat: Vat
    net: Decimal

    @property
    def tax(self) -> Decimal:
        """BT-117."""
        return share(self.net, Fraction(self.vat.percent))


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all lines."""

    by_rate: tuple[VatSum, ...]

    @property
    def net(self) -> Decimal:
        """BT-109."""
        return sum((each.net for each in self.by_rate), Decimal("0.00"))

    @property
    def tax(self) -> Decimal:
        """BT-110."""
        return sum((each.tax for each in self.by_rate), Decimal("0.00"))

    @property
    def gross(self) -> Decimal:
        """BT-112."""
        return self.net + self.tax


def totals(lines: Iterable[Line]) -> Totals:
    """Rates in the order in which they come first."""
    sums: dict[Vat, Decimal] = {}
    for line in lines:
        sums[line.vat] = sums.get(line.vat, Decimal("0.00")) + line.net
    return Totals(tuple(VatSum(vat, net) for vat, net in sums.items()))
