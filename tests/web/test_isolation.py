"""Nothing of a client is readable, countable or inferable for anybody else: every address, every role, two clients."""

from __future__ import annotations

import pytest

from ecluse.control.accounts.roles import CLIENT_ROLES, PROVIDER_ROLES, Role
from ecluse.control.audit.queries import entries
from tests.web.addresses import filled, names_of, routes, things_of

METHODS = ("get", "post")
OF_A_CLIENT = tuple(route for route in routes() if "client_id" in names_of(route))
OF_A_THING = tuple(route for route in OF_A_CLIENT if len(names_of(route)) > 1)


def test_there_is_something_to_walk():
    assert len(OF_A_CLIENT) > 20
    assert len(OF_A_THING) > 10


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_to_others_a_clients_addresses_are_as_those_of_no_client(cast, who):
    browser = cast.browser(who)
    things = things_of(cast.one)
    nothing = {**dict.fromkeys(things, 999_999), "secret": "none"}
    for route in OF_A_CLIENT:
        for method in METHODS:
            answer = getattr(browser, method)(filled(route, things))
            none = getattr(browser, method)(filled(route, nothing))
            # Which methods a page knows is no secret; whether the client exists is.
            assert (answer.status_code, answer.text) == (none.status_code, none.text), (method, route)
            assert answer.status_code in {404, 405}, (method, route)


@pytest.mark.parametrize("who", [*CLIENT_ROLES])
def test_below_ones_own_client_another_clients_things_are_not_found(cast, who):
    browser = cast.browser(who)
    mixed = {**things_of(cast.two), "client_id": cast.one.pk}
    for route in OF_A_THING:
        for method in METHODS:
            assert getattr(browser, method)(filled(route, mixed)).status_code in {403, 404, 405}, (method, route)


@pytest.mark.parametrize("who", [*CLIENT_ROLES])
def test_no_page_says_a_word_of_another_client(cast, who):
    browser = cast.browser(who)
    things = things_of(cast.one)
    for route in routes():
        answer = browser.get(filled(route, things), follow=True)
        assert answer.status_code in {200, 302, 403, 404, 405}, route
        said = answer.getvalue().decode("utf-8", "replace").replace("You belong to", "")
        assert "two.example" not in said, route
        assert ">Two<" not in said, route


@pytest.mark.parametrize("who", [*PROVIDER_ROLES])
def test_the_providers_people_get_no_fault_anywhere(cast, who):
    browser = cast.browser(who)
    things = things_of(cast.one)
    for route in routes():
        assert browser.get(filled(route, things)).status_code in {200, 302, 403, 404, 405}, route


@pytest.mark.parametrize("who", [Role.HELP_DESK, Role.USER, Role.BILLING, Role.READER, Role.SUPPORT])
def test_who_may_change_nothing_changes_nothing(cast, who):
    """POST to everything: the trail grows by nothing that is the client's."""

    browser = cast.browser(who)
    things = things_of(cast.one)
    before = entries(cast.one.pk).count()
    for route in OF_A_CLIENT:
        browser.post(filled(route, things), {"role": "owner", "recipients": "any", "filter": "off", "demands": "on"})
    assert entries(cast.one.pk).count() == before


def test_who_is_not_signed_in_cannot_tell_a_client_from_none(cast, client):
    things = things_of(cast.one)
    for route in OF_A_CLIENT:
        for method in METHODS:
            answer = getattr(client, method)(filled(route, things))
            assert answer.status_code in {302, 405}, (method, route)
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/account/login/")


def test_pages_that_act_answer_no_get(cast):
    """GET never acts: mail scanners and browsers that look ahead open every link."""

    browser = cast.browser(Role.OWNER)
    things = things_of(cast.one)
    before = entries(cast.one.pk).count()
    for route in OF_A_CLIENT:
        browser.get(filled(route, things))
    assert entries(cast.one.pk).count() == before
