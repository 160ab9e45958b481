"""A client's own limits for what it sends: set on their page and by the API, published to the nodes."""

from __future__ import annotations

import msgspec
import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.policies.models import PublishedObject
from ecluse.control.policies.queries import wishes
from ecluse.domain.policy import Policy
from ecluse.domain.publication import Kind
from ecluse.domain.sending import OwnLimits, Rates
from ecluse.wire.rates import RateTable
from tests.web.programs import program_in_role


@pytest.fixture
def page(cast):
    return f"/clients/{cast.one.pk}/sending/limits"


def published():
    body = bytes(PublishedObject.objects.get(kind=Kind.DOMAIN, key="one.example").body)
    return msgspec.msgpack.decode(body, type=Policy).sending_limits


def test_an_administrator_sets_them_and_nodes_are_told(cast, page):
    ann = cast.browser(Role.ADMINISTRATOR)
    assert ann.get(page).status_code == 200
    ann.post(
        page, {"account-messages_per_day": "40", "client-recipients_per_hour": "900", "client-unknown_percent": "5"}
    )
    assert published() == OwnLimits(Rates(messages_per_day=40), Rates(recipients_per_hour=900, unknown_percent=5))
    assert 'value="40"' in ann.get(page).text
    assert Entry.objects.filter(action="wishes.set").count() == 1
    # What else the client wishes stays.
    ann.post(page, {})
    assert published() == OwnLimits()


def test_what_is_no_number_changes_nothing(cast, page):
    ann = cast.browser(Role.ADMINISTRATOR)
    for bad in ({"account-messages_per_day": "-1"}, {"client-unknown_percent": "101"}):
        assert ann.post(page, bad).status_code == 200
    with scope(client=cast.one):
        assert wishes().sending_limits.account == RateTable()


def test_who_may_not_change_what_is_sent_sees_no_form(cast, page):
    assert cast.browser(Role.HELP_DESK).get(page).status_code == 403


def test_programs_set_them_with_the_other_wishes(cast):
    program, here = program_in_role(cast, Role.ADMINISTRATOR), f"clients/{cast.one.pk}/settings/filter"
    body = {"wishes": {"sending_limits": {"account": {"messages_per_day": 7}}}}
    assert program.call("PUT", here, body).status_code == 200
    assert published().account.messages_per_day == 7
