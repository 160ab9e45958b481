"""Nothing of a client is readable, countable or inferable for anybody else: every address, every role, two clients."""

from __future__ import annotations

import pytest
from django.db import transaction
from django_scopes import scope

from ecluse.control.accounts.roles import CLIENT_ROLES, PROVIDER_ROLES, Role
from ecluse.control.audit.queries import entries
from ecluse.control.mail.models import CopyState, HeldCopy
from tests.web import addresses
from tests.web.addresses import filled, form_of, names_of, routes
from tests.web.things import things_of

METHODS = ("get", "post")
ACT = f"{addresses.OF_A_CLIENT}quarantine/act"
OF_A_CLIENT = tuple(route for route in routes() if "client_id" in names_of(route))
OF_THE_PROVIDER = tuple(
    route for route in routes() if route.startswith(("provider/", f"{addresses.OF_A_CLIENT}service/"))
)
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
            form = form_of(route, things)
            answer = getattr(browser, method)(filled(route, things), form)
            none = getattr(browser, method)(filled(route, nothing), form)
            # Which methods a page knows is no secret; whether the client exists is.
            assert (answer.status_code, answer.text) == (none.status_code, none.text), (method, route)
            assert answer.status_code in {404, 405}, (method, route)


@pytest.mark.parametrize("who", [*CLIENT_ROLES])
def test_below_ones_own_client_another_clients_things_are_not_found(cast, who):
    browser = cast.browser(who)
    mixed = {**things_of(cast.two), "client_id": cast.one.pk}
    before = entries(cast.two.pk).count()
    for route in OF_A_THING:
        for method in METHODS:
            answer = getattr(browser, method)(filled(route, mixed), form_of(route, mixed))
            assert answer.status_code in {403, 404, 405}, (method, route)
    browser.post(filled(ACT, mixed), form_of(ACT, mixed))
    with scope(client=cast.two):
        assert HeldCopy.objects.get(pk=mixed["copy_id"]).state == CopyState.HELD
    assert entries(cast.two.pk).count() == before


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


@pytest.fixture
def changes(cast):
    """Whether a POST there, as its form wants it, changes what is the client's; None where none is taken. It is taken back."""
    things = things_of(cast.one)

    def is_changed(browser, route):
        before = entries(cast.one.pk).count()
        with transaction.atomic():
            answer = browser.post(filled(route, things), form_of(route, things))
            grown = entries(cast.one.pk).count() > before
            transaction.set_rollback(True)
        return None if answer.status_code == 405 else grown

    return is_changed


def test_the_walk_reaches_what_lies_behind_the_forms(cast, changes):
    """Else those below would be refused for what they forgot to write, and not for who they are."""
    browsers = [cast.browser(who) for who in (Role.OWNER, Role.PROVIDER_OWNER)]
    tried = {route: [changes(browser, route) for browser in browsers] for route in OF_A_CLIENT}
    untouched = {route for route, found in tried.items() if None not in found and True not in found}
    names = {route.removeprefix(addresses.OF_A_CLIENT) for route in untouched}
    assert {name for name in names if not name.startswith("mine/")} == {  # For users themselves: `test_own_pages`.
        "domains/<int:domain_id>/prove",  # There is no such record in the DNS.
        "domains/<int:domain_id>/mx",
        "domains/<int:domain_id>/sending/look",
        "domains/<int:domain_id>/routes/<int:route_id>/remove",  # The last one stays.
        "objections/<int:objection_id>/virus",  # Of what was delivered alone.
        "addresses/import",  # Its file has tests of its own.
        "lists/import",  # The same.
        "members/identity-provider/remove",  # There is none.
        "addresses/directory/preview",  # Nothing is done.
        "lessons/folders/test",  # The same.
        "settings/try",  # Nothing is saved.
        "sending/rules/try",
        "contract/<int:contract_id>/domains/add",  # Of a contract in force alone.
        "contract/<int:contract_id>/amendments/<int:amendment_id>/accept",
        "contract/<int:contract_id>/papers/add",  # Its files have tests of their own.
        "service/contracts/<int:contract_id>/papers/add",
        "contract/<int:contract_id>/changes/<int:told_id>/leave",
        "service/contracts/<int:contract_id>/amend",
        "service/hold-back",  # Of a client alone that has ended.
        "service/let-go",
    }


TICKETS = ("support/ask", "support/<int:ticket_id>/write", "support/<int:ticket_id>/act")
# What those may do who change nothing else of a client's.
OF_THEIRS = {
    Role.HELP_DESK: ["log/<str:message_id>/object", *TICKETS],
    Role.USER: ["support/ask"],  # The ticket is another's.
    # More behind broken glass alone.
    Role.SUPPORT: ["objections/<int:objection_id>/act", "break-glass/ask", "service/support/<int:ticket_id>/act"],
    Role.BILLING: [
        "service/contracts/draft",
        "service/contracts/<int:contract_id>/act",
        "service/contracts/<int:contract_id>/amendments/<int:amendment_id>/act",
        "service/letters",
        "service/invoices/buyer",
        "service/invoices/<int:invoice_id>/act",
        "service/invoices/notices/<int:notice_id>/answer",
        "service/invoices/account/give-back",
        "service/invoices/claims/ask",
        "service/invoices/claims/<int:line_id>/waive",
    ],
    Role.READER: [],
}


@pytest.mark.parametrize("who", OF_THEIRS)
def test_who_may_change_nothing_else_changes_nothing_else(cast, changes, who):
    """POST to everything, as its form wants it: the trail grows by nothing else that is the client's."""
    browser = cast.browser(who)
    changed = [route.removeprefix(addresses.OF_A_CLIENT) for route in OF_A_CLIENT if changes(browser, route)]
    assert changed == OF_THEIRS[who]


@pytest.mark.parametrize("who", [*CLIENT_ROLES, "stranger", "nobody"])
def test_to_others_the_providers_pages_are_none(cast, who):
    browser = cast.browser(who)
    things = things_of(cast.one)
    assert len(OF_THE_PROVIDER) > 8
    for route in OF_THE_PROVIDER:
        for method in METHODS:
            answer = getattr(browser, method)(filled(route, things), form_of(route, things))
            assert answer.status_code in {404, 405}, (method, route)


@pytest.mark.parametrize("who", [Role.SUPPORT, Role.BILLING, Role.READER])
def test_whom_the_provider_lets_only_look_orders_nothing(cast, who):
    browser = cast.browser(who)
    things = things_of(cast.one)
    for route in OF_THE_PROVIDER:
        before = entries(cast.one.pk).count()
        answer = browser.post(filled(route, things), form_of(route, things))
        parts = {
            Role.SUPPORT: ["cases/", "support/"],
            Role.BILLING: ["contracts/", "service/letters", "invoices/", "outages/", "force-majeure/", "<slug:entry>"],
        }  # What each is there for.
        if route.endswith("audit/verify"):
            continue  # A look of some seconds at the chain, which acts on nothing.
        if any(part in route for part in parts.get(who, ())):
            assert answer.status_code in {302, 405}, route
            continue
        assert answer.status_code in {403, 405}, route
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
