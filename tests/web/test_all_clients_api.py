"""Locked senders, near limits and wrong verdicts of all clients, by the API: for the provider's keys alone."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope

from ecluse.control.abuse.models import ToldLimit
from ecluse.control.accounts.roles import Role
from ecluse.control.mail.objections import ANSWER_WITHIN_S
from tests.web.programs import program_in_role
from tests.web.things import held, new_objection, sending_lock


def _limit(client):
    now = time.time()
    values = {"name": f"shop@{client.name.lower()}.example", "at": now, "ends_at": now + 3_600, "window_s": 86_400}
    return ToldLimit.objects.create(
        client=client, scope="account", what="recipients", most=100, count=91, of=0, reached_at=now, **values
    )


def _verdict(client):
    return new_objection(client, held(client)[0])


@pytest.mark.parametrize(
    ("path", "make", "other"),
    [
        ("sending/locks", sending_lock, Role.READER),
        ("sending/near-limits", _limit, Role.READER),
        ("objections", _verdict, Role.BILLING),
    ],
)
def test_what_waits_at_any_client_stands_in_one_list(cast, path, make, other):
    desk = program_in_role(cast, Role.SUPPORT)
    assert desk.get(path).json() == {"items": []}
    for client in (cast.one, cast.two):
        with scope(client=client):
            make(client)
    found = desk.get(path).json()["items"]
    assert {(each["client_id"], each["client"]) for each in found} == {
        (one.pk, one.name) for one in (cast.one, cast.two)
    }
    for each in found:  # As it stands below the client's own address.
        own = desk.get(f"clients/{each['client_id']}/{path}").json()["items"]
        assert own == [{name: each[name] for name in own[0]}]
    assert program_in_role(cast, other).get(path).status_code == 403
    assert program_in_role(cast, Role.OWNER).get(path).status_code == 404


def test_a_verdict_says_until_when_it_is_answered_and_goes_once_it_is(cast):
    desk = program_in_role(cast, Role.SUPPORT)
    with scope(client=cast.one):
        row = _verdict(cast.one)
    [found] = desk.get("objections").json()["items"]
    assert found["answer_until"][:10] == time.strftime("%Y-%m-%d", time.gmtime(row.opened_at + ANSWER_WITHIN_S))
    assert desk.post(f"clients/{cast.one.pk}/objections/{row.pk}/answer", {"is_right": True}).status_code == 200
    assert desk.get("objections").json()["items"] == []
