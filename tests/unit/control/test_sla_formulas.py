"""9-3 to 9-9, 10-2 to 10-4: what is promised, and what a breach is worth, at the edges."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from ecluse.control.mail.rates import Window
from ecluse.control.sla.availability import Availability, Month, availability
from ecluse.control.sla.credits import credit, outage_percent, wrong_verdicts_percent
from ecluse.control.sla.spans import Span, common, merged, seconds, without
from ecluse.control.sla.viruses import allowed_viruses, is_virus_promise_kept

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
NOVEMBER, DECEMBER = Month(2026, 11, PARIS), Month(2026, 12, PARIS)


@pytest.mark.parametrize(
    ("verdicts", "blocked", "is_kept"),
    [
        (0, 0, True),
        (9_999, 1, False),
        (10_000, 1, False),  # 0.01 % exactly is not below 0.01 %.
        (10_001, 1, True),
        (20_000, 2, False),
        (20_001, 2, True),
    ],
)
def test_9_3_fewer_false_positives_than_one_in_ten_thousand(verdicts, blocked, is_kept):
    assert Window(0, verdicts, blocked, 0).false_positives.is_kept == is_kept


@pytest.mark.parametrize(
    ("verdicts", "passed", "is_kept"), [(199, 1, False), (200, 1, False), (201, 1, True), (10_000, 50, False)]
)
def test_9_4_fewer_false_negatives_than_one_in_two_hundred(verdicts, passed, is_kept):
    assert Window(0, verdicts, 0, passed).false_negatives.is_kept == is_kept


@pytest.mark.parametrize(
    ("mails", "allowed"), [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (2_000, 2), (10_000, 10), (10_001, 11)]
)
def test_9_5_a_thousandth_rounded_up_of_viruses_is_reached_and_not_exceeded(mails, allowed):
    assert allowed_viruses(mails) == allowed
    assert is_virus_promise_kept(allowed, mails)
    assert not is_virus_promise_kept(allowed + 1, mails)


@pytest.mark.parametrize(
    ("month", "days_and_hours"),
    [
        (NOVEMBER, 30 * DAY),
        (DECEMBER, 31 * DAY),
        (Month(2026, 3, PARIS), 31 * DAY - HOUR),
        (Month(2026, 10, PARIS), 31 * DAY + HOUR),
        (Month(2028, 2, PARIS), 29 * DAY),
    ],
)
def test_9_7_a_month_is_as_long_as_its_clocks_say(month, days_and_hours):
    assert month.span.seconds == days_and_hours


@pytest.mark.parametrize(
    ("month_s", "down_s", "is_kept"),
    [
        (30 * DAY, 259, True),  # 4.32 minutes are 259.2 seconds.
        (30 * DAY, 260, False),
        (31 * DAY, 267, True),  # 4.464 minutes: 267.84.
        (31 * DAY, 268, False),
        (10_000, 1, True),  # 99.99 % exactly is kept.
        (9_999, 1, False),
    ],
)
def test_9_7_at_least_9999_in_ten_thousand(month_s, down_s, is_kept):
    assert Availability(month_s, down_s).is_kept == is_kept


def at(start, end, month=NOVEMBER):
    """Minutes of the month."""
    return Span(month.span.start + start * MINUTE, month.span.start + end * MINUTE)


def test_9_8_down_is_when_both_servers_are():
    one, other = [at(0, 100), at(200, 300)], [at(90, 210), at(290, 400)]
    assert availability(NOVEMBER, [one, other]).down_s == (10 + 10 + 10) * MINUTE
    assert availability(NOVEMBER, [one, []]).down_s == 0
    assert availability(NOVEMBER, [one]).down_s == 200 * MINUTE


def test_9_8_a_client_has_a_server():
    with pytest.raises(ValueError, match="server"):
        availability(NOVEMBER, [])


def test_9_7_only_the_month_itself_counts():
    both = [Span(0, NOVEMBER.span.start + MINUTE), Span(NOVEMBER.span.end - MINUTE, NOVEMBER.span.end + DAY)]
    assert availability(NOVEMBER, [both, both]).down_s == 2 * MINUTE


def test_9_9_12_1_force_majeure_and_a_wrong_mx_do_not_count():
    down = [at(0, 100)]
    assert availability(NOVEMBER, [down, down], force_majeure=[at(10, 30)]).down_s == 80 * MINUTE
    assert availability(NOVEMBER, [down, down], misconfigured=[at(20, 200)]).down_s == 20 * MINUTE
    assert availability(NOVEMBER, [down, down], [at(10, 30)], [at(20, 200)]).down_s == 10 * MINUTE


@pytest.mark.parametrize(
    ("minutes", "percent"), [(0, 0), (5, 0), (59, 0), (60, 10), (119, 10), (120, 20), (299, 40), (300, 50), (6_000, 50)]
)
def test_10_4_ten_percent_for_each_full_hour_at_most_half(minutes, percent):
    assert outage_percent(minutes * MINUTE) == percent
    assert outage_percent(minutes * MINUTE + 59) == percent


def test_10_4_outages_of_a_month_are_added_before_hours_are_counted():
    down = [at(0, 30), at(1_000, 1_030)]
    assert outage_percent(availability(NOVEMBER, [down, down]).down_s) == 10


def test_10_4_of_the_month():
    assert credit(Decimal("100.00"), outage_percent(5 * HOUR)) == Decimal("50.00")


@pytest.mark.parametrize(
    ("blocked", "passed", "verdicts", "percent"),
    [
        (2, 80, 10_000, Fraction(82, 10)),  # 0.02 % and 0.80 %: 8.2 %.
        (0, 0, 10_000, 0),
        (0, 500, 10_000, 50),
        (0, 501, 10_000, 50),  # At most half.
        (1, 0, 1, 50),
        (0, 0, 0, 0),
        (1, 0, 30_000, Fraction(1, 30)),
    ],
)
def test_10_2_ten_times_both_rates_at_most_half(blocked, passed, verdicts, percent):
    assert wrong_verdicts_percent(blocked, passed, verdicts) == percent


def test_10_2_of_the_next_invoice():
    assert credit(Decimal("1234.56"), wrong_verdicts_percent(2, 80, 10_000)) == Decimal("101.23")


def test_spans_are_counted_once():
    assert merged([Span(5, 9), Span(1, 3), Span(3, 4), Span(7, 12), Span(20, 20), Span(30, 25)]) == (
        Span(1, 4),
        Span(5, 12),
    )
    assert seconds([Span(0, 10), Span(5, 15)]) == 15
    assert common([Span(0, 10)], [Span(5, 15), Span(8, 9)]) == (Span(5, 10),)
    assert without([Span(0, 10), Span(20, 30)], [Span(5, 22), Span(25, 26)]) == (
        Span(0, 5),
        Span(22, 25),
        Span(26, 30),
    )
