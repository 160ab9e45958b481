"""Whoever's turn it is, and says nothing, is reminded once: the provider's people, or the client, whose silence then solves it (5-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils.formats import date_format
from django.utils.translation import override
from django_scopes import scope

from ecluse.control.accounts.models import Membership
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.audit.queries import entries
from ecluse.control.support import tickets
from ecluse.control.support.desk import Desk
from ecluse.control.support.letters import TRIED_FOR, give_up_old, send_letters
from ecluse.control.support.models import Channel, Ticket, TicketLetter
from ecluse.control.support.reminders import remind_agents, remind_clients, solve_silent
from ecluse.control.support.retention import close_solved
from ecluse.domain.errors import Refused, Unavailable
from ecluse.web.backoffice.ticket_mail import ticket_mail
from ecluse.web.support_mail import support_mail
from tests.control.cast import ADMIN, OPERATOR, client, person
from tests.control.test_tickets import HOURS, PARIS, opened

pytestmark = pytest.mark.django_db
DESK = Desk("support@provider.example", HOURS, 14, 30, 365)
FRIDAY = datetime(2026, 3, 6, 17, tzinfo=PARIS)  # One working hour is left of it.
DUE = datetime(2026, 3, 9, 16, tzinfo=PARIS)  # Eight later.


@pytest.fixture
def clock(settings):
    settings.ECLUSE_SUPPORT = DESK
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ticket(clock):
    one = client("One")
    for name, language in (("amy", "en"), ("bob", "")):
        person(f"{name}@provider.example", Role.SUPPORT, None, language)
    person("owen@one.example", Role.OWNER, one)
    with scope(client=one):
        yield opened(one)


def agents_at(clock, moment, desk=DESK, problem=None):
    """Who is written to then; once."""
    clock.move_to(moment)
    sent = []

    def send(waiting):
        if problem:
            raise problem
        sent.append(ticket_mail(waiting))

    assert remind_agents(moment, desk, send) == len(sent)
    return sorted(each.recipient.partition("@")[0] for each in sent)


def test_after_the_working_hours_that_were_set_all_agents_hear_once_of_who_waits(clock, ticket):
    early = DUE - timedelta(minutes=1)
    assert agents_at(clock, early) == []
    tickets.write(ticket, "Anybody there?", Channel.CONSOLE, by=ADMIN)
    tickets.note(ticket, "Hm.", by=OPERATOR)
    assert agents_at(clock, DUE, replace(DESK, remind_agents_hours=0)) == []
    assert agents_at(clock, DUE, problem=Unavailable("away")) == []
    assert [agents_at(clock, DUE), agents_at(clock, DUE + timedelta(days=9))] == [["amy", "bob"], []]
    tickets.answer(ticket, "We look.", by=OPERATOR)
    tickets.write(ticket, "And?", Channel.CONSOLE, by=ADMIN)
    assert agents_at(clock, DUE + timedelta(days=30)) == ["amy", "bob"]
    told = Entry.objects.filter(action="ticket.agents-reminded").values_list("client_id", "after")
    assert list(told) == [(None, {"letters": 2})] * 2  # The client's trail has no word of it.


def test_whose_it_is_hears_alone_as_long_as_he_answers_tickets(clock, ticket):
    bea = person("bea@provider.example", Role.SUPPORT, None, "en")
    tickets.assign(ticket, bea, by=OPERATOR)
    clock.move_to(DUE)
    sent = []
    assert remind_agents(DUE, DESK, lambda each: sent.append(ticket_mail(each))) == 1
    [mail] = sent
    assert (mail.recipient, ticket.reference in mail.subject) == ("bea@provider.example", True)
    with override("en"):
        since = date_format(FRIDAY, "SHORT_DATETIME_FORMAT")
    for words in (f"since {since}", "8 working hours", f"/support/{ticket.pk}/", "bea@provider.example"):
        assert words in mail.text, mail.text
    assert "Since noon" not in mail.text
    Ticket.objects.update(reminded_at=None)
    Membership.objects.filter(user=bea).delete()
    assert agents_at(clock, DUE) == ["amy", "bob"]


def mails(now, problem=None):
    """What goes to clients now."""
    sent = []

    def send(news):
        if problem and news.kind == "remind":
            raise problem
        sent.append(support_mail(news))

    send_letters(now, send)
    return sent


def answered(clock, ticket):
    """And the answer is mailed."""
    now = FRIDAY + timedelta(hours=1)
    clock.move_to(now)
    tickets.answer(ticket, "Is it better now?", by=OPERATOR)
    assert len(mails(now)) == 1
    return now


def silent_until(clock, moment, problem=None):
    """What the jobs do then: the texts that went, and the ticket's state."""
    clock.move_to(moment)
    remind_clients(moment, DESK)
    sent = mails(moment, problem)
    solve_silent(moment, DESK)
    close_solved(moment - timedelta(days=DESK.close_after_days))
    return [each.text for each in sent], Ticket.objects.get().state


def test_a_client_is_reminded_once_and_its_silence_solves_and_closes(clock, ticket):
    start = answered(clock, ticket)
    days = [silent_until(clock, start + timedelta(days=days)) for days in (4, 5, 6, 18, 19, 32, 34)]
    assert [(len(sent), state) for sent, state in days] == [
        (0, "waiting"),
        (1, "waiting"),
        (0, "waiting"),
        (0, "waiting"),
        (0, "solved"),
        (0, "solved"),
        (0, "closed"),
    ]
    [text] = days[1][0]
    assert all(words in text for words in ("6 mars 2026", "14 jours", "Is it better now?", ticket.reference))
    trail = [each.action for each in entries(ticket.client_id)]
    assert [trail.count(f"ticket.{each}") for each in ("client-reminded", "solve", "close")] == [1, 1, 1]


def test_who_writes_is_asked_anew_and_who_is_not_reached_has_said_nothing(clock, ticket):
    start = answered(clock, ticket)
    assert len(silent_until(clock, start + timedelta(days=5))[0]) == 1
    tickets.write(ticket, "No.", Channel.CONSOLE, by=ADMIN)
    assert silent_until(clock, start + timedelta(days=40)) == ([], "open")
    tickets.answer(ticket, "And now?", by=OPERATOR)
    start += timedelta(days=40)
    assert len(silent_until(clock, start)[0]) == 1
    assert silent_until(clock, start + timedelta(days=5), Refused("no")) == ([], "waiting")
    assert silent_until(clock, start + timedelta(days=60)) == ([], "waiting")
    tickets.answer(ticket, "And now?", by=OPERATOR)
    start += timedelta(days=60)
    assert len(silent_until(clock, start)[0]) == 1
    # One that no server takes for days is given up, and the ticket waits on; its answer was mailed all the same.
    assert silent_until(clock, start + timedelta(days=5), Unavailable("away")) == ([], "waiting")
    late = start + timedelta(days=6) + TRIED_FOR
    clock.move_to(late)
    assert (give_up_old(late), TicketLetter.objects.count()) == (1, 0)
    assert silent_until(clock, late + timedelta(days=60)) == ([], "waiting")
    assert not ticket.entries.filter(refused_at__isnull=False)


def test_who_has_no_address_is_neither_reminded_nor_done_with(clock, ticket):
    Ticket.objects.update(requester="")
    ticket.refresh_from_db()
    clock.move_to(FRIDAY)
    tickets.answer(ticket, "We have told you by phone.", by=OPERATOR)
    assert silent_until(clock, FRIDAY + timedelta(days=90)) == ([], "waiting")
