"""6-3 to 6-10 and EN 16931: days, taxes, and what being late costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
import time_machine

from ecluse.control.billing.invoice_days import (
    due_on,
    invoice_day,
    is_late,
    is_ouvrable,
    is_terminable,
    sent_by,
    today,
)
from ecluse.control.billing.late_payment import RECOVERY, half_year_of, penalty, penalty_parts, shipped_rates
from ecluse.control.billing.totals import STANDARD_RATE, Line, Vat, VatCategory, totals
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents, share

FRENCH = Vat(VatCategory.STANDARD, STANDARD_RATE)
REDUCED = Vat(VatCategory.STANDARD, Decimal("5.5"))
REVERSE = Vat(VatCategory.REVERSE_CHARGE)


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("starts", "invoiced"),
    [
        ("2026-01-01", "2026-01-31"),
        ("2026-01-31", "2026-01-31"),
        ("2028-02-29", "2028-02-29"),
        ("2027-02-01", "2027-02-28"),
        ("2026-12-15", "2026-12-31"),
    ],
)
def test_6_3_an_invoice_is_dated_the_last_day_of_the_month_in_which_the_period_starts(starts, invoiced):
    assert invoice_day(day(starts)) == day(invoiced)


@pytest.mark.parametrize(
    ("invoiced", "sent"),
    [
        ("2026-09-30", "2026-10-03"),  # Thursday, Friday, Saturday: an ouvrable day is not a working day.
        ("2026-10-31", "2026-11-04"),  # All Saints' is a Sunday here.
        ("2026-12-31", "2027-01-05"),  # New Year, and a Sunday.
        ("2026-04-30", "2026-05-05"),  # The first of May, and a Sunday.
        ("2027-03-27", "2027-04-01"),  # Sunday, then Easter Monday.
        ("2030-04-30", "2030-05-04"),
    ],
)
def test_6_4_it_is_mailed_within_three_ouvrable_days(invoiced, sent):
    assert sent_by(day(invoiced)) == day(sent)


@pytest.mark.parametrize(
    "holiday",
    ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"],
)
def test_6_4_public_holidays_of_france_are_none(holiday):
    assert not is_ouvrable(day(f"2026-{holiday}"))


def test_6_4_saturdays_are_ouvrable_sundays_are_not():
    assert is_ouvrable(date(2026, 11, 28))
    assert not is_ouvrable(date(2026, 11, 29))


def test_6_6_6_7_6_10_due_after_thirty_days_late_the_day_after_terminable_fifteen_days_later():
    due = due_on(date(2026, 1, 31))
    assert due == date(2026, 3, 2)
    assert not is_late(due, due)
    assert is_late(due, date(2026, 3, 3))
    assert not is_terminable(due, date(2026, 3, 17))
    assert is_terminable(due, date(2026, 3, 18))


def parts(amount, due, until):
    return list(penalty_parts(Decimal(amount), day(due), day(until), shipped_rates()))


def test_6_7_nothing_is_due_for_who_pays_in_time():
    assert parts("1200.00", "2024-03-01", "2024-03-01") == []
    assert parts("1200.00", "2024-03-01", "2024-02-01") == []
    assert penalty([]) == Decimal("0.00")


@pytest.mark.parametrize(
    ("due", "until", "days_and_rates"),
    [
        ("2024-03-01", "2024-03-02", [(1, "4.50")]),
        ("2024-06-30", "2024-07-01", [(1, "4.25")]),
        ("2024-06-29", "2024-07-01", [(1, "4.50"), (1, "4.25")]),
        ("2024-02-28", "2024-03-01", [(2, "4.50")]),  # A leap day is a day.
        ("2023-12-31", "2024-12-31", [(182, "4.50"), (184, "4.25")]),  # 366 of 365.
        ("2024-12-30", "2025-07-01", [(1, "4.25"), (181, "3.15"), (1, "2.15")]),
    ],
)
def test_6_7_each_half_year_has_its_rate(due, until, days_and_rates):
    found = parts("1200.00", due, until)
    assert [(each.days, each.key_rate) for each in found] == [(n, Decimal(rate)) for n, rate in days_and_rates]
    wanted = sum(Fraction(1200) * (Fraction(Decimal(rate)) + 10) / 100 * n / 365 for n, rate in days_and_rates)
    assert penalty(found) == cents(wanted)


def test_6_7_a_year_late_in_figures():
    """1,200 EUR, 182 days at 14.5 % and 184 at 14.25 %: 86.761... and 86.202..."""
    assert penalty(parts("1200.00", "2023-12-31", "2024-12-31")) == Decimal("172.96")


def test_6_7_an_unknown_rate_is_not_guessed():
    with pytest.raises(Impossible, match="2030-01-01"):
        parts("1.00", "2030-01-01", "2030-02-01")


def test_6_7_the_table_has_no_hole_and_only_first_days_of_half_years():
    days = list(shipped_rates())
    assert days == sorted(days)
    assert all(half_year_of(each) == each for each in days)
    assert all(half_year_of(b - timedelta(days=1)) == a for a, b in pairwise(days))


def test_6_8_recovery_is_forty_euros():
    assert Decimal(40) == RECOVERY


@pytest.mark.parametrize(
    ("amount", "wanted"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.004999", "0.00"), ("1.115", "1.12"), ("2.675", "2.68"), ("3", "3.00")],
)
def test_money_is_rounded_to_cents_halves_away_from_zero(amount, wanted):
    assert cents(Decimal(amount)) == cents(Fraction(amount)) == Decimal(wanted)
    assert str(cents(Fraction(amount))) == wanted.replace("-0.00", "0.00")


def test_money_is_no_float():
    with pytest.raises(TypeError):
        cents(0.1)


def test_a_share_is_exact_until_it_is_rounded():
    assert share(Decimal("100.00"), Fraction(82, 10)) == Decimal("8.20")
    assert share(Decimal("1.00"), Fraction(1, 3)) == Decimal("0.00")


def test_en16931_each_line_is_rounded_then_the_tax_of_each_rate():
    lines = [Line(f"line {n}", Decimal(3), Decimal("0.3350"), FRENCH) for n in range(3)]  # 1.005 each: 1.01.
    found = totals(lines)
    assert [each.net for each in lines] == [Decimal("1.01")] * 3
    assert (found.net, found.tax, found.gross) == (Decimal("3.03"), Decimal("0.61"), Decimal("3.64"))
    by_line = sum(share(each.net, 20) for each in lines)
    assert by_line == Decimal("0.60")  # What adding rounded taxes of lines would have given (BR-CO-17 forbids it).


def test_en16931_rates_are_added_apart_and_credits_are_quantities_below_zero():
    lines = [
        Line("Filtering", Decimal(100), Decimal("12.00"), FRENCH),
        Line("Credit (10-2)", Decimal(-1), Decimal("98.40"), FRENCH),
        Line("A book", Decimal(1), Decimal("9.99"), REDUCED),
    ]
    found = totals(lines)
    assert [(each.vat, each.net, each.tax) for each in found.by_rate] == [
        (FRENCH, Decimal("1101.60"), Decimal("220.32")),
        (REDUCED, Decimal("9.99"), Decimal("0.55")),
    ]
    assert found.gross == Decimal("1332.46")


def test_en16931_no_lines_are_nothing():
    assert totals([]).gross == Decimal("0.00")


@pytest.mark.parametrize("category", [VatCategory.REVERSE_CHARGE, VatCategory.EXEMPT, VatCategory.OUTSIDE])
def test_only_the_standard_category_has_a_rate(category):
    assert totals([Line("x", Decimal(1), Decimal(10), Vat(category))]).tax == Decimal("0.00")
    with pytest.raises(ValueError, match="20"):
        Vat(category, Decimal(20))
    with pytest.raises(ValueError, match="S"):
        Vat(VatCategory.STANDARD)


def test_a_price_is_never_below_zero():
    with pytest.raises(ValueError, match="BR-27"):
        Line("x", Decimal(1), Decimal(-1), REVERSE)


@pytest.mark.parametrize(
    ("now", "there"),
    [
        (datetime(2026, 1, 31, 22, 59, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 1, 31, 23, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 7, 31, 22, tzinfo=UTC), date(2026, 8, 1)),
    ],
)
def test_today_is_the_day_in_paris(now, there):
    with time_machine.travel(now, tick=False):
        assert today() == there
