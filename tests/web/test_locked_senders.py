"""Locked senders, and addresses near what is agreed on for a day, on the client's page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django_scopes import scope

from ecluse.control.abuse.busy_days import MOST_A_DAY
from ecluse.control.abuse.models import BusyDay
from ecluse.control.accounts.roles import Role
from tests.web.addresses import sending_lock, tell_node
from tests.web.programs import program_in_role


@pytest.fixture
def base(cast):
    return f"/clients/{cast.one.pk}/sending/locks"


@pytest.fixture
def locked(cast):
    with scope(client=cast.one):
        return sending_lock(cast.one)


@pytest.fixture
def busy(cast):
    today = datetime.now(UTC).date()
    with scope(client=cast.one):
        for direction, messages in (("inbound", 412), ("outbound", 512)):
            values = {"direction": direction, "address": "shop@one.example", "messages": messages}
            BusyDay.objects.create(client=cast.one, day=today, **values)


def test_who_is_locked_stands_there_once_with_all_nodes(cast, base, locked):
    tell_node(name="mx2.provider.example")
    with scope(client=cast.one):
        locked.pk, locked.node, locked.origin = None, "mx2.provider.example", locked.node
        locked.save()
    page = cast.browser(Role.ADMINISTRATOR).get(base).text
    assert page.count("paul@one.example") == 1
    assert "mx1.provider.example, mx2.provider.example" in page


def test_addresses_near_the_limit_of_a_day_stand_there(cast, base, busy):
    page = cast.browser(Role.HELP_DESK).get(base).text
    assert "412 received" in page
    assert 'class="table-danger"' in page.partition("512 sent")[0].rpartition("<tr")[2]


def test_the_provider_sees_those_of_all_clients(cast, base, locked):
    page = cast.browser(Role.OPERATOR).get("/provider/locks/").text
    assert "paul@one.example" in page
    assert f'href="{base}"' in page


def test_programs_see_locks_and_unlock(cast, locked):
    program, here = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/sending/locks"
    [found] = program.get(here).json()["items"]
    assert (found["name"], found["scope"], found["cause"], found["until"]) == (
        "paul@one.example",
        "account",
        "burst",
        None,
    )
    assert (found["reason"], found["nodes"], found["order"]) == ("11 alike", ["mx1.provider.example"], "")
    unlock = f"{here}/{locked.pk}/unlock"
    assert program.post(unlock, {"was_us": True, "deletes_mail": True}).status_code == 409
    answer = program.post(unlock, {"was_us": True})
    assert (answer.status_code, answer.json()["items"][0]["order"]) == (202, "pending")
    assert program_in_role(cast, Role.HELP_DESK).post(unlock, {"was_us": True}).status_code == 403


def test_programs_see_busy_days(cast, busy):
    program = program_in_role(cast, Role.HELP_DESK)
    found = program.get(f"clients/{cast.one.pk}/sending/busy-days").json()
    assert found["most"] == MOST_A_DAY
    assert {(each["direction"], each["messages"]) for each in found["items"]} == {("inbound", 412), ("outbound", 512)}
