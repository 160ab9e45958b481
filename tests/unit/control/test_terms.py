"""3-14 to 3-16, 3-8, 6-11, 10-1: periods, notice and refunds, at their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ecluse.control.contracts.quotas import free_users, support_requests
from ecluse.control.contracts.refunds import is_refund_in_time, refund
from ecluse.control.contracts.terms import (
    PARIS,
    Period,
    end_of,
    is_in_time,
    months_after,
    notice_deadline,
    within_a_month,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("ordered", "free"), [(0, 0), (4, 0), (5, 1), (9, 1), (10, 2), (1_000, 200), (1_004, 200)])
def test_3_4_a_fifth_of_the_addresses_ordered_is_free_and_no_more(ordered, free):
    assert free_users(ordered) == free


@pytest.mark.parametrize(("users", "requests"), [(1, 1), (5, 1), (9, 1), (10, 2), (14, 2), (15, 3), (1_004, 200)])
def test_5_2_a_fifth_of_the_users_may_ask_and_one_at_least(users, requests):
    assert support_requests(users) == requests


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        ("2026-01-15", 12, "2027-01-15"),
        ("2026-12-31", 2, "2027-03-01"),  # February has no 31st: not a day less.
        ("2027-12-31", 2, "2028-03-01"),
        ("2028-02-29", 12, "2029-03-01"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-08-31", 1, "2026-10-01"),
        ("2026-12-01", 1, "2027-01-01"),
    ],
)
def test_3_14_months_end_before_the_day_of_the_same_number(day, months, wanted):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(wanted)


@pytest.mark.parametrize("months", [12, 24, 36])
def test_3_15_every_period_is_followed_by_twelve_months_that_begin_where_it_ends(months):
    first = Period(date(2026, 5, 9), 0, months)
    second = first.renewed
    assert (second.starts_on, second.months) == (first.ends_on, 12)
    assert second.ends_on == months_after(date(2026, 5, 9), months + 12)


def test_3_15_a_leap_day_comes_back_after_four_renewals():
    period = Period(date(2028, 2, 29), 0, 12)
    ends = []
    for _ in range(4):
        ends.append(period.ends_on)
        period = period.renewed
    assert ends == [date(2029, 3, 1), date(2030, 3, 1), date(2031, 3, 1), date(2032, 2, 29)]


def test_3_16_a_letter_may_come_fifteen_days_before_the_end_and_not_an_hour_later():
    period = Period(date(2026, 1, 20), 0, 12)
    assert end_of(period) == datetime(2027, 1, 20, tzinfo=PARIS)
    deadline = datetime(2027, 1, 5, tzinfo=PARIS)
    assert notice_deadline(period) == deadline
    assert is_in_time(deadline, period)
    assert is_in_time(deadline.astimezone(UTC), period)
    assert not is_in_time(deadline + HOUR, period)  # Fifteen days minus one hour.
    assert not is_in_time(deadline + timedelta(microseconds=1), period)


@pytest.mark.parametrize(
    ("starts", "hours"),
    [("2026-04-05", 15 * 24 - 1), ("2026-11-01", 15 * 24 + 1)],  # Clocks go forward, and back, within the fifteen days.
)
def test_3_16_days_are_those_of_the_calendar_when_clocks_change(starts, hours):
    period = Period(date.fromisoformat(starts), 0, 12)
    deadline = notice_deadline(period)
    assert end_of(period).astimezone(UTC) - deadline.astimezone(UTC) == timedelta(hours=hours)
    assert is_in_time(deadline, period)
    assert not is_in_time((deadline.astimezone(UTC) + HOUR), period)


def test_3_16_a_leap_day_counts_as_a_day():
    assert notice_deadline(Period(date(2027, 3, 10), 0, 12)) == datetime(2028, 2, 24, tzinfo=PARIS)
    assert notice_deadline(Period(date(2026, 3, 10), 0, 12)) == datetime(2027, 2, 23, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("leaves", "unused", "amount"),
    [
        ("2026-01-14", 12, "1200.00"),  # Before it began.
        ("2026-01-15", 11, "1100.00"),
        ("2026-02-14", 11, "1100.00"),
        ("2026-02-15", 10, "1000.00"),
        ("2026-12-14", 1, "100.00"),
        ("2026-12-15", 0, "0.00"),
        ("2027-01-15", 0, "0.00"),
    ],
)
def test_3_8_10_1_months_that_have_not_begun_are_given_back(leaves, unused, amount):
    period = Period(date(2026, 1, 15), 0, 12)
    assert period.unused_months(date.fromisoformat(leaves)) == unused
    assert refund(Decimal("1200.00"), period, date.fromisoformat(leaves)) == Decimal(amount)


def test_3_8_refunds_are_rounded_once():
    assert refund(Decimal("100.00"), Period(date(2026, 1, 1), 0, 36), date(2026, 1, 1)) == Decimal("97.22")
    assert refund(Decimal("0.01"), Period(date(2026, 1, 1), 0, 12), date(2026, 6, 30)) == Decimal("0.01")  # A half.


@pytest.mark.parametrize(
    ("event", "asked", "is_in"),
    [
        ("2026-01-15", "2026-02-15", True),
        ("2026-01-15", "2026-02-16", False),
        ("2027-01-31", "2027-02-28", True),
        ("2027-01-31", "2027-03-01", False),
        ("2028-01-31", "2028-02-29", True),
        ("2026-01-15", "2026-01-14", False),  # Nothing has happened yet.
    ],
)
def test_6_11_a_refund_is_asked_for_within_a_month(event, asked, is_in):
    event, asked = date.fromisoformat(event), date.fromisoformat(asked)
    assert within_a_month(event, asked) == is_refund_in_time(event, asked) == is_in
