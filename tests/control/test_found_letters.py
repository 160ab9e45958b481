"""Who keeps a client's list hears that found addresses wait: gathered for a day, once a week at most (issue 6, item 4)."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.audit.models import Entry
from ecluse.control.directories.found import dismiss, found_addresses
from ecluse.control.directories.found_letters import APART_S, GATHER_S, tell_of_found
from ecluse.control.directories.models import FoundAddress
from ecluse.control.tenants import services
from ecluse.domain.errors import Unavailable
from ecluse.domain.policy import ServiceState
from ecluse.web.console.found_mail import found_mail
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client_with_people

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_795_860_000.0  # 28 November 2026, 10:00 in Paris.


@pytest.fixture
def one():
    made = client_with_people()
    with scope(client=made):
        services.add_domain(made, "one.example", [ROUTE], by=ADMIN)
    return made


def found(whose, name, at):
    with scope(client=whose):
        domain = whose.domains.get()
        FoundAddress.objects.create(client=whose, domain=domain, address=f"{name}@one.example", found_at=at)


def letters(now, problem=None):
    sent = []

    def send(news):
        sent.append(found_mail(news))
        if problem:
            raise problem

    assert tell_of_found(now, send) == (0 if problem else len(sent))
    return sent


def test_what_waits_is_told_together_once_and_not_before_a_week_is_over(one):
    for number in range(3):
        found(one, f"u{number}", NOW + number)
    assert letters(NOW + GATHER_S - 1) == []
    # A server that is away costs nobody his letter.
    assert len(letters(NOW + GATHER_S, Unavailable("away"))) == 2
    told_at = NOW + GATHER_S + 60
    french, english = letters(told_at)
    assert (french.recipient, english.recipient) == ("ann@one.example", "olive@one.example")
    assert (french.subject, english.subject) == (
        "3 adresses attendent votre décision",
        "3 addresses wait for your word",
    )
    assert f"http://testserver/clients/{one.pk}/addresses/found\n" in english.text
    assert "u0@" not in french.text + english.text
    assert Entry.objects.filter(action="found-addresses.told", client_id=one.pk).count() == 2
    # Of the same ones nobody is told again; of another one a week later.
    assert letters(told_at + 2 * APART_S) == []
    found(one, "u3", told_at + 10)
    assert letters(told_at + APART_S - 1) == []
    assert [each.subject for each in letters(told_at + APART_S)][1:] == ["4 addresses wait for your word"]


def test_nobody_is_told_of_what_was_left_out_nor_after_the_end_of_the_service(one):
    found(one, "u0", NOW)
    with scope(client=one):
        dismiss(one, found_addresses(), by=ADMIN)
    assert letters(NOW + GATHER_S) == []
    found(one, "u1", NOW)
    with scope(client=one):
        services.set_state(one, ServiceState.ENDED, by=OPERATOR)
    assert letters(NOW + GATHER_S) == []
