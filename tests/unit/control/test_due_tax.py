"""Tax that is owed once it is paid: freed by each payment, to the cent, whatever else happens to the invoice (CGI, 269-2 c)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecluse.control.billing.due_tax import Settled, freed_by_each


def money(amount):
    return Settled(Decimal(amount))


def note(gross, tax):
    return Settled(Decimal(gross), Decimal(tax))


@pytest.mark.parametrize(
    ("happened", "moved"),
    [
        ([money("120.00")], ["20.00"]),
        ([money("60.00"), money("60.00")], ["10.00", "10.00"]),
        ([money("40.01"), money("40.01"), money("39.98")], ["6.67", "6.67", "6.66"]),
        ([money("0.01"), money("119.99")], ["0.00", "20.00"]),
        ([note("60.00", "10.00"), money("60.00")], ["-10.00", "10.00"]),
        ([money("60.00"), note("60.00", "10.00")], ["10.00", "-10.00"]),
        # A note on what is paid already takes nothing off what waits: nothing does.
        ([money("120.00"), note("12.00", "2.00")], ["20.00", "0.00"]),
        ([money("120.00"), note("12.00", "2.00"), Settled(Decimal("-12.00"), is_kept=True)], ["20.00", "0.00", "0.00"]),
        ([money("120.00"), money("-120.00"), money("120.00")], ["20.00", "-20.00", "20.00"]),
        ([money("120.00"), money("-60.00"), money("60.00")], ["20.00", "-10.00", "10.00"]),
        ([money("120.00"), note("12.00", "2.00"), money("-120.00"), money("108.00")], ["20.00", "0.00", "-18.00", "18.00"]),
        ([note("120.00", "20.00")], ["-20.00"]),
    ],
)  # fmt: skip
def test_what_each_frees(happened, moved):
    found = list(freed_by_each(Decimal("120.00"), Decimal("20.00"), happened))
    assert found == [Decimal(each) for each in moved]
