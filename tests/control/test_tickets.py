"""Tickets: their states, the month's quota by the client's calendar, what is billed beyond it, and how long answers take."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.billing.models import ComingLine
from ecluse.control.support import charging, queries, tickets
from ecluse.control.support.answer_times import Waits, answer_times, waits
from ecluse.control.support.models import Channel, Charge, Priority, Ticket
from ecluse.control.support.office_hours import OfficeHours
from ecluse.control.support.quota import month_of, quota_of
from ecluse.control.support.states import NEXT, OutOfTurn, Step, TicketState, after
from ecluse.control.support.tickets import Request
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import new_id
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR, client

PARIS = ZoneInfo("Europe/Paris")
HOURS = OfficeHours(PARIS, time(9), time(18))
ASKED = Request("Mail is late", "Since noon nothing comes.", Channel.CONSOLE, "Ann@One.example", "Ann")


def opened(one, *, subject="Mail is late"):
    return tickets.open_ticket(one, Request(subject, "Since noon.", Channel.CONSOLE, "ann@one.example"), by=ADMIN)


def paris(*moment):
    return datetime(*moment, tzinfo=PARIS)


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("step", Step)
def test_every_step_from_every_state_leads_on_or_is_refused(state, step):
    if (state, step) in NEXT:
        assert after(state, step) is NEXT[state, step]
    else:
        with pytest.raises(OutOfTurn):
            after(state, step)


def test_closed_is_for_good():
    assert not [step for (state, step) in NEXT if state is TicketState.CLOSED]


@pytest.mark.django_db
class TestTheLifeOfATicket:
    def test_it_goes_to_and_fro_until_it_is_solved_and_closed(self):
        one = client()
        with scope(client=one):
            ticket = tickets.open_ticket(one, ASKED, by=ADMIN)
            seen = [ticket.state]
            for act in (
                lambda: tickets.answer(ticket, "We look.", by=OPERATOR),
                lambda: tickets.write(ticket, "And now?", Channel.CONSOLE, by=ADMIN),
                lambda: tickets.answer_and_solve(ticket, "It is mended.", by=OPERATOR),
                lambda: tickets.write(ticket, "It is not.", Channel.CONSOLE, by=ADMIN),
                lambda: tickets.solve(ticket, by=OPERATOR),
                lambda: tickets.reopen(ticket, by=ADMIN),
                lambda: tickets.solve(ticket, by=OPERATOR),
                lambda: tickets.close(ticket, by=ADMIN),
            ):
                act()
                seen.append(ticket.state)
            assert seen == ["new", "waiting", "open", "solved", "open", "solved", "open", "solved", "closed"]
            assert [each.text for each in queries.entries_of(ticket, with_notes=False)] == [
                "Since noon nothing comes.",
                "We look.",
                "And now?",
                "It is mended.",
                "It is not.",
            ]
            assert (ticket.requester, ticket.requester_name) == ("ann@one.example", "Ann")
            for late in (
                lambda: tickets.write(ticket, "Hello?", Channel.CONSOLE, by=ADMIN),
                lambda: tickets.answer(ticket, "Yes?", by=OPERATOR),
                lambda: tickets.reopen(ticket, by=ADMIN),
            ):
                with pytest.raises(OutOfTurn):
                    late()

    def test_of_two_who_act_at_once_the_second_is_told(self):
        one = client()
        with scope(client=one):
            ticket = opened(one)
            stale = Ticket.objects.get(pk=ticket.pk)
            tickets.solve(ticket, by=OPERATOR)
            with pytest.raises(OutOfTurn):
                tickets.solve(stale, by=OPERATOR)

    def test_each_step_is_in_the_clients_trail_without_a_word_and_notes_are_not(self):
        one = client()
        before = entries(one.pk).count()
        with scope(client=one):
            ticket = opened(one)
            tickets.note(ticket, "He calls each week.", by=OPERATOR)
            tickets.answer(ticket, "We look.", by=OPERATOR)
        acts = [each.action for each in entries(one.pk)[: entries(one.pk).count() - before]]
        assert acts == ["ticket.answer", "ticket.opened"]
        assert entries(None)[0].action == "ticket.noted"
        everything = str([(each.before, each.after) for of in (one.pk, None) for each in entries(of)])
        assert "noon" not in everything
        assert "week" not in everything
        with scope(client=one):
            assert len(queries.entries_of(ticket, with_notes=True)) == 3
            assert len(queries.entries_of(ticket, with_notes=False)) == 2

    def test_only_who_answers_tickets_is_given_one_and_a_new_one_is_then_in_work(self):
        one = client()
        sue = User.objects.create_user("sue@provider.example", "x")
        bill = User.objects.create_user("bill@provider.example", "x")
        Membership.objects.create(user=sue, client=None, role=Role.SUPPORT)
        Membership.objects.create(user=bill, client=None, role=Role.BILLING)
        with scope(client=one):
            ticket = opened(one)
            with pytest.raises(Impossible):
                tickets.assign(ticket, bill, by=OPERATOR)
            tickets.assign(ticket, sue, by=OPERATOR)
            assert (ticket.state, ticket.owner) == (TicketState.OPEN, sue)
            tickets.solve(ticket, by=OPERATOR)
            tickets.assign(ticket, None, by=OPERATOR)
            assert (ticket.state, ticket.owner) == (TicketState.SOLVED, None)

    def test_nothing_is_opened_or_written_without_words(self):
        one = client()
        with scope(client=one):
            ticket = opened(one)
            for nothing in (
                lambda: tickets.open_ticket(one, Request(" ", "x", Channel.CONSOLE), by=ADMIN),
                lambda: tickets.open_ticket(one, Request("x", "\n", Channel.CONSOLE), by=ADMIN),
                lambda: tickets.write(ticket, " ", Channel.CONSOLE, by=ADMIN),
                lambda: tickets.answer(ticket, "", by=OPERATOR),
                lambda: tickets.link(ticket, "no id", by=OPERATOR),
            ):
                with pytest.raises(Impossible):
                    nothing()
            assert ticket.entries.count() == 1

    def test_neither_tickets_nor_what_stands_in_one_grow_without_end(self, monkeypatch):
        one = client()
        monkeypatch.setattr(tickets, "MOST_UNSOLVED", 2)
        monkeypatch.setattr(tickets, "MOST_ENTRIES", 2)
        with scope(client=one):
            ticket, _ = opened(one), opened(one)
            with pytest.raises(tickets.TooMany):
                opened(one)
            tickets.write(ticket, "And now?", Channel.CONSOLE, by=ADMIN)
            with pytest.raises(tickets.TooMany):
                tickets.write(ticket, "And now?", Channel.CONSOLE, by=ADMIN)
            assert ticket.entries.count() == 2
            tickets.solve(ticket, by=OPERATOR)
            opened(one)

    def test_a_message_is_linked_once(self):
        one, message = client(), new_id()
        with scope(client=one):
            ticket = opened(one)
            tickets.link(ticket, message, by=OPERATOR)
            tickets.link(ticket, message, by=OPERATOR)
            assert [each.message for each in ticket.linked.all()] == [message]

    def test_the_provider_finds_them_over_all_clients_the_urgent_first(self):
        one, two = client("One"), client("Two")
        with scope(client=one):
            first = opened(one, subject="Mail is late")
        with scope(client=two):
            second = opened(two, subject="A list")
            third = opened(two, subject="Another list")
            tickets.set_priority(third, Priority.URGENT, by=OPERATOR)
            tickets.answer(second, "Done.", by=OPERATOR)
        assert queries.tickets_everywhere(state="todo") == [third, first]
        assert queries.tickets_everywhere(state="waiting") == [second]
        assert {*queries.tickets_everywhere(search="LIST")} == {second, third}
        assert queries.tickets_everywhere(search=first.reference) == [first]
        assert {*queries.tickets_everywhere(search="two")} == {second, third}
        with scope(client=one):
            assert queries.find_ticket(second.pk) is None
            assert queries.find_ticket(first.pk, requester="Ann@one.example") == first
            assert queries.find_ticket(first.pk, requester="bob@one.example") is None


@pytest.mark.django_db
class TestTheQuota:
    """5-2: of ten addresses at subscription two requests a month; 5-3: what is beyond it is asked about, 40 EUR."""

    def test_the_third_of_the_month_is_asked_about(self):
        contract = begun_contract()
        one = contract.client
        with scope(client=one):
            assert quota_of(one, timezone.now()).remaining == 2
            first, second, third = (opened(one) for _ in range(3))
            assert [each.charge for each in (first, second, third)] == [Charge.NONE, Charge.NONE, Charge.ASKED]
            assert quota_of(one, timezone.now()).remaining == 0
        assert queries.tickets_everywhere(state="charge") == [third]

    def test_yes_is_a_line_of_the_next_invoice_once_and_with_who_said_so(self):
        contract = begun_contract()
        one = contract.client
        with scope(client=one):
            third = [opened(one) for _ in range(3)][-1]
            charging.decide(third, is_billed=True, by=OPERATOR)
            with pytest.raises(Impossible):
                charging.decide(third, is_billed=False, by=OPERATOR)
            line = ComingLine.objects.get()
            assert (line.net, line.source) == (Decimal("40.00"), f"support:{third.reference}")
            assert "late" not in line.text
            assert (third.charge, third.decided_by) == (Charge.BILLED, OPERATOR.name)
            with pytest.raises(Impossible):
                charging.set_counted(third, is_counted=False, by=OPERATOR)
        assert "ticket.billed" in [each.action for each in entries(one.pk)[:3]]

    def test_no_costs_nothing(self):
        one = begun_contract().client
        with scope(client=one):
            first, _, third = (opened(one) for _ in range(3))
            charging.decide(third, is_billed=False, by=OPERATOR)
            assert third.charge == Charge.WAIVED
            assert not ComingLine.objects.exists()
            with pytest.raises(Impossible):
                charging.decide(first, is_billed=True, by=OPERATOR)

    def test_what_was_the_providers_own_fault_is_left_out(self):
        one = begun_contract().client
        with scope(client=one):
            first, _, third = (opened(one) for _ in range(3))
            charging.set_counted(third, is_counted=False, by=OPERATOR)
            assert third.charge == Charge.WAIVED
            charging.set_counted(first, is_counted=False, by=OPERATOR)
            assert quota_of(one, timezone.now()).remaining == 1
            assert opened(one).charge == Charge.NONE

    def test_without_a_contract_in_force_nobody_is_asked(self):
        one = client()
        with scope(client=one):
            assert [opened(one).charge for _ in range(3)] == [Charge.NONE] * 3
            assert quota_of(one, timezone.now()).remaining is None

    @pytest.mark.parametrize(
        ("zone", "month"), [("Europe/Paris", date(2027, 1, 1)), ("America/New_York", date(2026, 12, 1))]
    )
    def test_a_month_is_that_of_the_clients_own_calendar(self, zone, month):
        assert month_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), zone) == month

    def test_with_the_month_the_count_begins_anew(self):
        with time_machine.travel(paris(2027, 1, 31, 12), tick=False):
            one = begun_contract().client
        with scope(client=one):
            for moment, left in (
                (paris(2027, 1, 31, 23, 59), 1),
                (paris(2027, 1, 31, 23, 59), 0),
                (paris(2027, 2, 1, 0, 0), 1),
            ):
                with time_machine.travel(moment, tick=False):
                    opened(one)
                    assert quota_of(one, timezone.now()).remaining == left


# Friday 27 November 2026; Wednesday 11 November is a holiday; clocks go back on Sunday 25 October.
@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (paris(2026, 11, 27, 10), paris(2026, 11, 27, 11, 30), 1.5),
        (paris(2026, 11, 27, 17), paris(2026, 11, 30, 10), 2),
        (paris(2026, 11, 28, 10), paris(2026, 11, 29, 22), 0),
        (paris(2026, 11, 10, 17), paris(2026, 11, 12, 10), 2),
        (paris(2026, 11, 27, 8), paris(2026, 11, 27, 20), 9),
        (paris(2026, 10, 23, 17), paris(2026, 10, 26, 9, 30), 1.5),
        (paris(2026, 11, 27, 12), paris(2026, 11, 27, 11), 0),
    ],
)
def test_working_hours_of_a_span(start, end, hours):
    assert HOURS.seconds_between(start, end) == hours * 3_600
    assert HOURS.seconds_between(start.astimezone(UTC), end.astimezone(UTC)) == hours * 3_600


def test_ranks_are_figures_that_somebody_waited():
    assert waits([]) is None
    assert waits([5.0]) == Waits(5.0, 5.0)
    assert waits([float(n) for n in range(20, 0, -1)]) == Waits(10.0, 19.0)
    assert waits([1.0, 2.0, 3.0]) == Waits(2.0, 3.0)


@pytest.mark.django_db
def test_answer_times_are_over_all_clients_and_count_who_still_waits():
    one, two = client("One"), client("Two")
    with time_machine.travel(paris(2026, 11, 27, 17), tick=False):
        with scope(client=one):
            first = opened(one)
        with scope(client=two):
            opened(two)
            spoken = opened(two)
            tickets.solve(spoken, by=OPERATOR)  # On the phone, at once.
    with time_machine.travel(paris(2026, 11, 30, 10), tick=False), scope(client=one):
        tickets.answer(first, "We look.", by=OPERATOR)
        tickets.answer(first, "Once more.", by=OPERATOR)
        found = answer_times(timezone.now(), HOURS)
    assert (found.answered, found.unanswered) == (2, 1)
    assert found.by_the_clock == Waits(0.0, timedelta(days=2, hours=17).total_seconds())
    assert found.in_working_hours == Waits(0.0, 7_200.0)
    assert answer_times(paris(2027, 3, 30, 10), HOURS).answered == 0
