"""Locked senders, and addresses near what is agreed on for a day, on the client's page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django_scopes import scope

from ecluse.control.abuse.models import BusyDay
from ecluse.control.accounts.roles import Role
from tests.web.addresses import sending_lock, tell_node


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
