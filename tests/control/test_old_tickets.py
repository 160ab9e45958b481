"""Tickets are closed after silence, and forgotten some time after the contract: what is left names nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope

from ecluse.control.contracts import life
from ecluse.control.support import tickets
from ecluse.control.support.models import Channel, Entry, LinkedMessage, Ticket
from ecluse.control.support.retention import close_solved, forget_old
from ecluse.control.support.tickets import Request
from ecluse.domain.ids import new_id
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR, client

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)


def opened(one, **more):
    asked = Request("Paula's mail", "Paula waits.", Channel.PHONE, "paula@one.example", "Paula", **more)
    return tickets.open_ticket(one, asked, by=ADMIN)


def test_what_is_solved_is_closed_after_silence_and_what_is_not_stays():
    one = client()
    with scope(client=one):
        silent, waiting = opened(one), opened(one)
        tickets.solve(silent, by=OPERATOR)
    assert close_solved(silent.moved_at) == 0
    assert close_solved(silent.moved_at + SECOND) == 1
    with scope(client=one):
        assert [Ticket.objects.get(pk=each.pk).state for each in (silent, waiting)] == ["closed", "new"]
        assert Ticket.objects.get(pk=silent.pk).closed_at is not None


def test_nothing_is_forgotten_while_the_contract_lasts():
    one = begun_contract().client
    with scope(client=one):
        opened(one)
    assert forget_old(timezone.now() + 10 * YEAR) == 0


def test_after_the_contract_and_its_time_no_row_names_anybody():
    contract = begun_contract()
    one = contract.client
    with scope(client=one):
        ticket = opened(one, message=new_id())
        tickets.answer(ticket, "Dear Paula, we look.", by=OPERATOR)
        ended = timezone.now() + timedelta(days=100)
        with time_machine.travel(ended, tick=False):
            life.terminate(contract, "both want it", by=OPERATOR)
    assert forget_old(ended) == 0
    assert forget_old(ended + SECOND) == 1
    assert forget_old(ended + SECOND) == 0
    with scope(client=one):
        rows = [*Ticket.objects.values(), *Entry.objects.values()]
        assert not LinkedMessage.objects.exists()
        found = Ticket.objects.get()
    assert len(rows) == 3
    assert "paula" not in str(rows).lower()
    assert ADMIN.name not in str(rows)
    assert OPERATOR.name not in str(rows)
    assert (found.opened_at, found.first_answer_at, found.charge) == (
        ticket.opened_at,
        ticket.first_answer_at,
        ticket.charge,
    )


def test_a_client_that_never_had_a_contract_is_counted_from_the_tickets_last_move():
    one = client()
    with scope(client=one):
        ticket = opened(one)
    assert forget_old(ticket.moved_at) == 0
    assert forget_old(ticket.moved_at + SECOND) == 1
