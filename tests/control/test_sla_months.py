"""Months are measured, closed and sealed (articles 9, 10-4, 12-1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django_scopes import scope

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.audit.queries import entries
from ecluse.control.contracts import life
from ecluse.control.mail.models import ObjectionKind, ObjectionState
from ecluse.control.sla import closing, downtimes, mx_checks, received_viruses, remedies, servers, sources
from ecluse.control.sla.availability import Month
from ecluse.control.sla.breaches import NoCredit
from ecluse.control.sla.figures import figures_of
from ecluse.control.sla.models import MonthClosing, MxCheck, Remedy, ServerPair
from ecluse.control.sla.seals import seal_of
from ecluse.control.sla.spans import Span
from ecluse.control.tenants import services
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from tests.contract.message_log.contract import outcome
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR, ROUTE
from tests.control.cast import client as make_client
from tests.control.measured import FIRST, SECOND, both_down, claim, mail, measured_contract, points, say

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 2, 1, 9, tzinfo=UTC)
MARCH = Month(2026, 3, PARIS)  # 31 days less an hour: clocks go forward.
MINUTE, HOUR, DAY = 60, 3_600, 86_400
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RIPE = datetime(2026, 4, 15, 23, tzinfo=UTC)  # Fifteen days after the end of March.


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def message_log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def contract(clock):
    """300.00 EUR of services for a year, 39.60 of options; measured since 1 February."""
    made = measured_contract()
    with scope(client=made.client):
        yield made


@pytest.fixture
def closed(contract, clock, message_log):
    """Close what may be, as of a moment, and give March."""

    def close(at=RIPE):
        clock.move_to(at)
        closing.close_due(message_log, at)
        return MonthClosing.objects.filter(month=date(2026, 3, 1)).first()

    return close


def down_s(row, service=Direction.INBOUND):
    return closing.figures_in(row).services[service].down_s


def kinds(row):
    return [each.kind for each in row.breaches.all()]


def span(start, minutes):
    return Span(int(start.timestamp()), int(start.timestamp()) + minutes * MINUTE)


# Downtimes


def test_9_8_a_server_is_down_when_two_of_three_points_miss_it(contract):
    one, two, three = points()
    say(one, FIRST, NOON, 10)
    say(two, FIRST, NOON + timedelta(minutes=4), 10)
    say(three, FIRST, NOON, 14, is_missed=False)
    found = downtimes.watched(FIRST, Direction.INBOUND, MARCH.span)
    assert found.down == (span(NOON + timedelta(minutes=4), 6),)


def test_a_point_that_says_nothing_says_neither_up_nor_down(contract):
    one, two, _ = points()
    say(one, FIRST, NOON, 3)
    say(two, FIRST, NOON, 2)
    found = downtimes.watched(FIRST, Direction.INBOUND, span(NOON, 10))
    assert found.down == (span(NOON, 2),)
    assert found.unwatched_s == 8 * MINUTE


def test_an_outage_over_the_hour_is_one(contract):
    both_down(points(2), NOON - timedelta(minutes=30), 60)
    assert downtimes.watched(SECOND, Direction.INBOUND, MARCH.span).down == (span(NOON - timedelta(minutes=30), 60),)
    assert downtimes.watched(SECOND, Direction.OUTBOUND, MARCH.span).down == ()


def test_4_6_what_no_probe_saw_is_entered_with_a_reason_and_taken_back_once(contract, clock):
    clock.move_to(RIPE)
    with pytest.raises(Impossible):
        downtimes.enter_outage(FIRST, Direction.INBOUND, span(NOON, 5), " ", by=OPERATOR)
    with pytest.raises(Impossible):
        downtimes.enter_outage(FIRST, Direction.INBOUND, span(RIPE, 5), "to come", by=OPERATOR)
    row = downtimes.enter_outage(FIRST, Direction.INBOUND, span(NOON, 5), "a switch burnt", by=OPERATOR)
    assert downtimes.watched(FIRST, Direction.INBOUND, MARCH.span).down == (span(NOON, 5),)
    downtimes.withdraw(row, by=OPERATOR)
    assert downtimes.watched(FIRST, Direction.INBOUND, MARCH.span).down == ()
    with pytest.raises(Impossible):
        downtimes.withdraw(row, by=OPERATOR)


def test_9_6_each_client_in_force_is_given_two_servers_once(contract):
    assert servers.pair_now().names in {(FIRST, SECOND), (SECOND, FIRST)}
    assert servers.assign_due([FIRST, SECOND]) == 0
    with pytest.raises(Impossible):
        servers.assign(contract.client, FIRST, f" {FIRST.upper()}", by=OPERATOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        ServerPair.objects.create(client=contract.client, first="a", second="b", since=1)


def test_9_6_who_has_one_server_promises_nobody_two(clock):
    with scope(client=make_client("Two")):
        assert servers.assign_due([FIRST]) == 0
        assert servers.pair_now() is None


def test_other_servers_count_from_when_they_were_given(contract, clock, closed):
    clock.move_to(NOON)
    servers.assign(contract.client, FIRST, "mx3.provider.example", by=OPERATOR)
    seen_from = points(2)
    both_down(seen_from, NOON - timedelta(hours=2), 60)  # Of the old pair: it counts.
    both_down(seen_from, NOON + timedelta(hours=2), 60)  # The second of them is not the client's any more.
    assert down_s(closed()) == HOUR


# Months


def test_9_7_a_month_is_closed_fifteen_days_after_its_end(contract, closed):
    assert closed(RIPE - timedelta(hours=2)) is None
    row = closed()
    assert row.previous == MonthClosing.objects.get(month=date(2026, 2, 1)).seal
    assert closing.figures_in(row).services["inbound"].month_s == 31 * DAY - HOUR
    assert closed() == row
    assert [each.action for each in entries(contract.client_id)].count("sla.month-closed") == 2
    assert kinds(row) == []


def test_9_3_to_9_5_who_has_no_two_servers_has_its_months_and_nobody_watches_them(clock, message_log):
    contract = begun_contract("Two")
    with scope(client=contract.client):
        clock.move_to(NOON)
        event = mail(message_log, NOON, 100, client="Two")
        claim(contract.client, event, state=ObjectionState.CONFIRMED)
        clock.move_to(RIPE)
        assert closing.close_due(message_log, RIPE) == 2
        row = MonthClosing.objects.get(month=date(2026, 3, 1))
        figures = closing.figures_in(row)
        inbound = figures.services["inbound"]
        assert (inbound.unwatched_s, inbound.down_s) == (inbound.month_s, 0)
        assert figures.broken == ("verdicts",)
        assert kinds(row) == ["verdicts"]
        assert closing.faults_of(row) == []


def test_two_contracts_of_one_month_have_a_part_of_it_each(contract, closed, clock):
    clock.move_to(NOON)
    life.terminate(contract, "another one follows", by=OPERATOR)
    clock.move_to(NOON + timedelta(days=2))
    other = begun_contract("One")
    seen_from = points(2)
    both_down(seen_from, NOON - timedelta(hours=2), 60)
    both_down(seen_from, NOON + timedelta(days=3), 30)
    closed()
    first, second = MonthClosing.objects.filter(month=date(2026, 3, 1))
    assert [(each.contract, down_s(each)) for each in (first, second)] == [(contract, HOUR), (other, 30 * MINUTE)]
    assert second.previous == first.seal
    assert [each for row in (first, second) for each in closing.faults_of(row)] == []


def test_9_2_a_month_waits_for_its_claims(contract, closed, clock, message_log):
    clock.move_to(NOON)
    event = mail(message_log, NOON, 300)
    late = datetime(2026, 4, 14, 12, tzinfo=UTC)
    clock.move_to(late)
    row = claim(contract.client, event, state=ObjectionState.OPEN)
    assert closed() is None
    assert closed(late + timedelta(days=15) - timedelta(seconds=1)) is None
    found = closed(late + timedelta(days=15))
    assert closing.figures_in(found).parties["both"].worst.passed == 1  # Unanswered: accepted.
    row.refresh_from_db()
    assert row.state == ObjectionState.OPEN


def test_9_2_what_is_claimed_while_a_month_waits_for_others_does_not_count(contract, closed, clock, message_log):
    clock.move_to(NOON)
    event = mail(message_log, NOON, 300)
    last = datetime(2026, 4, 15, 21, 59, 59, tzinfo=UTC)
    clock.move_to(last)
    row = claim(contract.client, event, state=ObjectionState.OPEN)
    clock.move_to(last + timedelta(seconds=1))
    received_viruses.say_virus(row, by=ADMIN)
    late = claim(contract.client, event, state=ObjectionState.OPEN, to="u1@one.example")
    received_viruses.say_virus(late, by=ADMIN)
    found = closed(last + timedelta(days=15, seconds=1))
    figures = closing.figures_in(found)
    assert [figures.parties[each].worst.passed for each in ("both", "client")] == [1, 1]
    assert figures.viruses.received == 0
    assert sources.compare(found, message_log, (last + timedelta(days=40)).timestamp()).is_same


def test_9_2_an_answered_claim_keeps_nothing_waiting(contract, closed, clock, message_log):
    clock.move_to(NOON)
    claim(contract.client, mail(message_log, NOON, 300), state=ObjectionState.CONTESTED)
    figures = closing.figures_in(closed())
    assert (figures.parties["both"].worst.passed, figures.parties["client"].worst.passed) == (0, 1)
    assert figures.broken == ()


def test_9_8_only_while_both_are_down(contract, closed):
    seen_from = points()
    for point in seen_from:
        say(point, FIRST, NOON, 60)
        say(point, SECOND, NOON + timedelta(minutes=50), 60)
    assert down_s(closed()) == 10 * MINUTE


def test_12_1_force_majeure_does_not_count_and_needs_a_document(contract, closed, clock):
    both_down(points(2), NOON, 60)
    clock.move_to(RIPE - timedelta(days=1))
    with pytest.raises(Impossible):
        downtimes.enter_force_majeure(span(NOON, 57), "flood", "", by=OPERATOR)
    downtimes.enter_force_majeure(span(NOON, 57), "flood", "Arrêté du 10 mars 2026", by=OPERATOR)
    row = closed()
    assert down_s(row) == 3 * MINUTE
    assert kinds(row) == []


def test_9_9_time_in_which_no_domain_named_both_servers_does_not_count(contract, closed, clock):
    services.add_domain(contract.client, "one.example", [ROUTE], by=OPERATOR)
    answers = {"one.example": Answer(DnsStatus.OK, (Mx(10, FIRST),))}
    looks = {"count": 0}

    def look_up(name, kind):
        looks["count"] += 1
        return answers[name]

    def check(at):
        clock.move_to(at)
        return mx_checks.check_due(look_up, int(at.timestamp()))

    assert check(NOON - timedelta(days=1)) == 1
    assert mx_checks.last_check().domains == {"one.example": [SECOND]}
    assert check(NOON - timedelta(hours=1)) == 0  # Once a day.
    answers["one.example"] = Answer(DnsStatus.SERVFAIL)
    assert check(NOON) == 1
    assert mx_checks.last_check().names_both is None  # And changes nothing.
    answers["one.example"] = Answer(DnsStatus.OK, (Mx(10, FIRST), Mx(20, SECOND)))
    assert check(NOON + timedelta(days=1)) == 1
    assert looks["count"] == 3
    both_down(points(2), NOON + timedelta(days=1) - timedelta(minutes=30), 60)
    row = closed()
    assert down_s(row) == 30 * MINUTE
    both = {(each.names_both) for each in MxCheck.objects.all()}
    assert both == {True, False, None}


@pytest.mark.parametrize("minutes", [4, 5, 59, 60, 300, 301])
def test_9_7_10_4_minutes_and_what_they_are_worth(contract, closed, minutes):
    """9-7: 4.458 minutes of that March are the border; 10-4: a tenth of 25.00 EUR for each full hour, at most half."""
    both_down(points(2), NOON, minutes)
    row = closed()
    assert kinds(row) == ([] if minutes == 4 else ["availability"])
    if minutes >= 5:
        offer = remedies.offer_of(row.breaches.get(), date(2026, 4, 16))
        percent = min(50, minutes // 60 * 10)
        assert (offer.percent, offer.amount) == (percent, Decimal(25) * percent / 100)


@pytest.mark.parametrize("month", [Month(2027, 2, PARIS), Month(2028, 2, PARIS), Month(2026, 10, PARIS)])
def test_9_7_months_of_28_and_29_days_and_the_one_with_an_hour_more(contract, clock, message_log, month):
    row = closing.close(contract, month, message_log, month.end)
    days = {(2027, 2): 28 * DAY, (2028, 2): 29 * DAY, (2026, 10): 31 * DAY + HOUR}
    assert closing.figures_in(row).services["outbound"].month_s == days[month.year, month.month]
    assert len(closing.facts_in(row).verdicts) == days[month.year, month.month] // HOUR + 7 * 24 - 1


def test_10_4_hours_of_both_services_add_up_each_second_once(contract, closed):
    seen_from = points(2)
    both_down(seen_from, NOON, 60)
    both_down(seen_from, NOON + timedelta(minutes=30), 60, service=Direction.OUTBOUND)
    both_down(seen_from, NOON + timedelta(days=1), 30, service=Direction.OUTBOUND)
    row = closed()
    assert closing.figures_in(row).down_s == 2 * HOUR
    assert remedies.offer_of(row.breaches.get(), date(2026, 4, 16)).percent == 20


@pytest.mark.parametrize(("copies", "is_broken"), [(9_999, True), (10_000, True), (10_001, False)])
def test_9_3_one_false_positive_in_ten_thousand_is_one_too_many(
    contract, closed, clock, message_log, copies, is_broken
):
    clock.move_to(NOON)
    claim(contract.client, mail(message_log, NOON, copies), ObjectionKind.BLOCKED)
    assert kinds(closed()) == (["verdicts"] if is_broken else [])


@pytest.mark.parametrize(("count", "copies", "is_broken"), [(1, 1_000, False), (2, 1_000, True), (2, 1_001, False)])
def test_9_5_viruses_that_both_parties_call_so(contract, closed, clock, message_log, count, copies, is_broken):
    clock.move_to(NOON)
    event = mail(message_log, NOON, copies)
    for number in range(count):
        row = claim(contract.client, event, to=f"u{number}@one.example", state="open", exclusions=["on-allow-list"])
        received_viruses.say_virus(row, by=ADMIN)
    found = closed()
    assert kinds(found) == (["viruses"] if is_broken else [])
    assert closing.figures_in(found).parties["both"].worst.passed == 0  # No false negative: its sender is on the list.
    for breach in found.breaches.all():
        with pytest.raises(NoCredit):  # 10-5
            remedies.choose(breach, Remedy.CREDIT, date(2026, 4, 16), by=ADMIN)


@pytest.mark.parametrize(
    ("came", "went", "is_broken"),
    [
        ((999, 0), (1, 1), False),
        ((1_000, 0), (1_000, 2), False),
        ((0, 0), (1_000, 2), True),
        ((0, 0), (1_000, 1), False),
        ((500, 1), (500, 1), True),
        ((500, 1), (501, 1), False),  # Of 1,001 mails two are allowed.
    ],
)
def test_9_1_9_5_viruses_of_both_services_are_one_figure_over_all_mail(
    contract, closed, clock, message_log, came, went, is_broken
):
    """And what went out and should not have is no false negative: 9-3 and 9-4 are of inbound mail alone (9-1)."""
    clock.move_to(NOON)
    for (copies, viruses), direction in ((came, "inbound"), (went, "outbound")):
        event = mail(message_log, NOON, copies, direction=direction) if copies else None
        for number in range(viruses):
            row = claim(contract.client, event, to=f"u{number}@one.example", state="open", exclusions=["filter-off"])
            received_viruses.say_virus(row, by=ADMIN)
        if direction == "outbound":
            claim(contract.client, event, to="u9@one.example")
    found = closed()
    assert kinds(found) == (["viruses"] if is_broken else [])
    figures = closing.figures_in(found)
    assert figures.parties["client"].worst.passed == 0
    assert sources.compare(found, message_log, RIPE.timestamp()).is_same
    assert closing.faults_of(found) == []


def test_a_month_that_was_closed_before_sent_mail_was_counted_is_as_it_was_made(contract, closed, message_log, clock):
    clock.move_to(NOON)
    mail(message_log, NOON, 100, direction="outbound")
    row = closed()
    row.inputs.pop("sent")
    row.figures = closing.as_kept(figures_of(closing.facts_in(row)))
    row.seal = seal_of(row.previous, row.client_id, row.month.isoformat(), row.inputs, row.figures)
    assert (closing.faults_of(row), row.figures["viruses"]["mails"]) == ([], 0)


def test_a_week_that_ends_with_the_months_first_moment_is_of_the_month_before(contract, closed, clock, message_log):
    clock.move_to(datetime(2026, 2, 23, 12, tzinfo=UTC))
    claim(contract.client, mail(message_log, datetime(2026, 2, 21, 22, 30, tzinfo=UTC), 100))
    assert kinds(closed()) == []
    assert kinds(MonthClosing.objects.get(month=date(2026, 2, 1))) == ["verdicts"]


def test_9_5_what_was_blocked_and_what_is_answered_carries_no_virus_any_more(contract, message_log):
    event = mail(message_log, START, 3)
    for number, more in enumerate(({"kind": ObjectionKind.BLOCKED, "state": "open"}, {"state": "confirmed"})):
        with pytest.raises(Impossible):
            received_viruses.say_virus(claim(contract.client, event, to=f"u{number}@one.example", **more), by=ADMIN)
    row = claim(contract.client, event, to="u2@one.example", state="open")
    received_viruses.say_virus(row, by=ADMIN)
    with pytest.raises(Impossible):
        received_viruses.say_virus(row, by=ADMIN)


# Seals


def test_what_is_kept_names_nobody_and_can_be_computed_again(contract, closed, clock, message_log):
    clock.move_to(NOON)
    claim(contract.client, mail(message_log, NOON, 100), note="Paul's")
    both_down(points(2), NOON, 61)
    row = closed()
    assert closing.faults_of(row) == []
    assert sources.compare(row, message_log, RIPE.timestamp()).is_same
    kept = str(row.inputs) + str(row.figures)
    assert not [each for each in ("one.example", "ann", "Paul", "One") if each in kept]


def test_a_closing_that_was_changed_is_found_out(contract, closed):
    both_down(points(2), NOON, 61)
    row = closed()
    row.figures["down_s"] = 0
    assert closing.faults_of(row) == ["figures", "seal"]
    row.refresh_from_db()
    row.inputs["services"]["inbound"]["first"] = []
    assert closing.faults_of(row) == ["figures", "seal"]
    row.refresh_from_db()
    MonthClosing.objects.filter(month=date(2026, 2, 1)).update(seal="0" * 64)
    assert closing.faults_of(row) == ["order"]


def test_what_comes_to_light_later_is_told_and_changes_nothing(contract, closed, message_log):
    row = closed()
    downtimes.enter_outage(FIRST, Direction.INBOUND, span(NOON, 5), "seen in a log", by=OPERATOR)
    downtimes.enter_outage(SECOND, Direction.INBOUND, span(NOON, 5), "seen in a log", by=OPERATOR)
    assert [each.fact for each in sources.compare(row, message_log, RIPE.timestamp()).facts if not each.is_same] == [
        "first-down",
        "second-down",
    ]
    assert closing.faults_of(row) == []


def test_a_month_is_compared_as_long_as_its_sources_last(contract, closed, clock, message_log):
    """And says what it would have broken by what they give today."""
    clock.move_to(NOON)
    event = mail(message_log, NOON, 300)
    mail(message_log, NOON, 10, direction="outbound")
    row = claim(contract.client, event, state=ObjectionState.CONTESTED)
    found = closed()

    def compared(at=RIPE):
        clock.move_to(at)
        return sources.compare(found, message_log, at.timestamp())

    assert (compared().is_same, compared().broken_today) == (True, ())
    row.state = ObjectionState.CONFIRMED
    row.save()
    message_log.append([outcome(NOON.timestamp(), direction="outbound")])
    first = servers.pair_now().first
    downtimes.enter_outage(first, Direction.OUTBOUND, span(NOON, 5), "seen in a log", by=OPERATOR)
    told = compared()
    assert told.broken_today == ()  # Of 300 mails one is 0.33 %: below what is promised.
    assert [(each.fact, each.of, each.sealed, each.today) for each in told.facts if not each.is_same] == [
        ("first-down", "outbound", 0, 5),
        ("sent", "", 10, 11),
        ("passed", "both", 0, 1),
        ("passed", "provider", 0, 1),
    ]
    message_log.purge(NOON.timestamp() + DAY)
    assert (compared().has_minutes, compared().has_mail, compared().broken_today) == (True, False, None)
    late = compared(RIPE + timedelta(days=360))
    assert (late.facts, late.is_same, late.has_minutes) == ((), True, False)


def test_closings_go_five_years_after_the_last_contract(contract, closed):
    both_down(points(2), NOON, 61)
    closed()
    life.terminate(contract, "both want it", by=OPERATOR)
    assert closing.forget_old(RIPE.replace(year=2031) - timedelta(days=1)) == 0
    assert closing.forget_old(RIPE.replace(year=2031) + timedelta(days=1)) == 2
    assert not MonthClosing.objects.exists()
