"""What the services cost, by addresses, domains and initial term; options apart (6-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

_MOST = Decimal("9999999999.99")  # What a contract can hold.


class Bundle(StrEnum):
    """What is bought (2-5)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"

    @property
    def has_inbound(self) -> bool:
        """Whether mail to the client is filtered."""
        return self is not Bundle.OUTBOUND

    @property
    def has_outbound(self) -> bool:
        """Whether mail of the client is."""
        return self is not Bundle.INBOUND


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to so many addresses, all of them at this price, each month."""

    up_to: int  # 0: however many.
    prices: Mapping[Bundle, Decimal]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a price is asked for."""

    bundle: Bundle
    addresses: int
    domains: int
    months: int
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """Of a whole period, net of tax."""

    services: Decimal
    options: Decimal = Decimal("0.00")

    @property
    def net(self) -> Decimal:
        """All of it."""
        return self.services + self.options


@dataclass(frozen=True, slots=True)
class Grid:
    """One version of the price list, in EUR."""

    tiers: tuple[Tier, ...]
    domain: Decimal  # Each month for each domain after the first.
    reductions: Mapping[int, Decimal] = field(default_factory=dict)  # Months of the first term -> percent less.
    options: Mapping[str, Decimal] = field(default_factory=dict)  # Name -> each month for each address.

    def price(self, wanted: Wanted) -> Price:
        """The monthly price is rounded once, then taken for each month. Raises `Impossible` for what is not on the list."""
        tier = self._tier(wanted.addresses)
        monthly = tier.prices[wanted.bundle] * wanted.addresses + self.domain * max(0, wanted.domains - 1)
        less = 1 - Fraction(self.reductions.get(wanted.months, Decimal(0))) / 100
        options = sum((self._option(name) for name in wanted.options), Decimal(0)) * wanted.addresses
        price = Price(cents(Fraction(monthly) * less) * wanted.months, cents(options) * wanted.months)
        if price.net > _MOST:
            raise Impossible("no contract costs so much: agree upon a price")
        return price

    def _tier(self, addresses: int) -> Tier:
        if addresses < 1:
            raise Impossible("a contract is about one address at least")
        for tier in self.tiers:
            if not tier.up_to or addresses <= tier.up_to:
                return tier
        raise Impossible(f"the price list knows no price for {addresses} addresses")

    def _option(self, name: str) -> Decimal:
        if name not in self.options:
            raise Impossible(f"the price list knows no option {name!r}")
        return self.options[name]


def read_grid(plain: Mapping[str, object]) -> Grid:
    """As `plain_grid` wrote it, amounts as strings. Raises `Impossible`."""
    try:
        tiers = tuple(_tier(each) for each in _list(plain["tiers"]))
        reductions = {int(months): Decimal(percent) for months, percent in _map(plain["reductions"]).items()}
        options = {name: Decimal(price) for name, price in _map(plain["options"]).items()}
        return Grid(tiers, Decimal(str(plain["domain"])), reductions, options)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as problem:
        raise Impossible("this is no price list") from problem


def plain_grid(grid: Grid) -> dict[str, object]:
    """For the database."""
    return {
        "tiers": [
            {"up_to": each.up_to, "prices": {bundle.value: str(price) for bundle, price in each.prices.items()}}
            for each in grid.tiers
        ],
        "domain": str(grid.domain),
        "reductions": {str(months): str(percent) for months, percent in grid.reductions.items()},
        "options": {name: str(price) for name, price in grid.options.items()},
    }


def _tier(plain: object) -> Tier:
    row = _map(plain)
    prices = _map(row["prices"])
    return Tier(int(str(row["up_to"])), {bundle: Decimal(prices[bundle.value]) for bundle in Bundle})


def _map(plain: object) -> dict[str, str]:
    if not isinstance(plain, dict):
        raise TypeError(plain)
    return plain


def _list(plain: object) -> list[object]:
    if not isinstance(plain, list):
        raise TypeError(plain)
    return plain
