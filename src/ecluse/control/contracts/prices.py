"""What a contract costs: as its period began, with what amendments have added, and what a change of it adds (6-1, 17-1).

The rule for a change during a period: the price list says what the whole period costs with it and without it; the
difference, divided by the months of the period, is what each whole month left costs more. The month that is running when
the change begins is free; one that begins on that very day counts. What became cheaper is not given back (3-17).
The list is the contract's own, which it keeps until it is renewed (3-8); the newest only for what its own does not know.
A price that was agreed upon stays the same for each address: more addresses cost their share of it, anything else is agreed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.catalogue import grid_of, newest_prices
from ecluse.control.contracts.models import Amendment, Approval, Contract
from ecluse.control.contracts.price_grid import Bundle, Price, Wanted
from ecluse.control.contracts.refunds import refund
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered, without domains."""

    bundle: Bundle
    addresses: int
    options: tuple[str, ...]


def amendments_of_period(contract: Contract) -> list[Amendment]:
    """Those that have begun in the period that runs, in their order."""
    begun = contract.amendments.filter(state=AmendmentState.BEGUN, before__period_after=contract.period_after)
    return list(begun.order_by("begun_at", "pk"))


def ordered_at_first(contract: Contract) -> Ordered:
    """As the period began: what its invoice is about (6-3), whatever was amended since."""
    for each in amendments_of_period(contract):
        return Ordered(Bundle(each.before["bundle"]), each.before["addresses"], tuple(each.before["options"]))
    return Ordered(Bundle(contract.bundle), contract.addresses, tuple(contract.options))


def price_now(contract: Contract) -> Price:
    """Of a whole period as the contract is now: for each of its months a like part."""
    months = [each.month for each in amendments_of_period(contract)]
    services = sum((each.services for each in months), _NOTHING) * contract.period_months
    options = sum((each.options for each in months), _NOTHING) * contract.period_months
    return Price(contract.services_price + services, contract.options_price + options)


def refund_of(contract: Contract, leaves_on: date) -> Decimal:
    """What is given back to who leaves that day by a right of his: net, of all months not begun (3-8, 10-1)."""
    period = contract.period
    return _NOTHING if period is None else refund(price_now(contract).net, period, leaves_on)


def added_by_month(contract: Contract, wanted: Ordered, more_domains: Sequence[str]) -> Price:
    """What each month left costs more. Raises `Impossible` where a price must be agreed upon."""
    if contract.has_own_price:
        return _share(contract, wanted, more_domains)
    domains = served_domains(contract)
    before = replace(contract.wanted(domains), months=contract.period_months)
    after = Wanted(wanted.bundle, wanted.addresses, domains + len(more_domains), contract.period_months, wanted.options)
    return _difference(contract, before, after)


def served_domains(contract: Contract) -> int:
    """As many as it is paid for."""
    return max(1, contract.domains.filter(approval=Approval.GRANTED).count())


def _difference(contract: Contract, before: Wanted, after: Wanted) -> Price:
    lists = [row for row in (contract.price_list, newest_prices()) if row is not None]
    for row in lists:
        grid = grid_of(row)
        try:
            old, new = grid.price(before), grid.price(after)
        except Impossible:
            continue
        months = after.months
        return Price(_month(new.services - old.services, months), _month(new.options - old.options, months))
    raise Impossible("no price list has a price for this: agree upon one")


def _share(contract: Contract, wanted: Ordered, more_domains: Sequence[str]) -> Price:
    same = (wanted.bundle, set(wanted.options)) == (Bundle(contract.bundle), set(contract.options))
    if not same or more_domains:
        raise Impossible("a price that was agreed upon says nothing of this: agree upon one")
    now, more = price_now(contract), wanted.addresses - contract.addresses
    scale = Fraction(more, contract.addresses)
    months = contract.period_months
    return Price(cents(Fraction(now.services) * scale / months), cents(Fraction(now.options) * scale / months))


def _month(difference: Decimal, months: int) -> Decimal:
    return cents(Fraction(max(_NOTHING, difference)) / months)
