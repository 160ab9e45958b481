"""A reseller stands between provider and client: he runs exactly the clients where he was let in, and reads nobody's mail."""

from __future__ import annotations

import pytest

from ecluse.control.accounts.models import Membership
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from tests.control.cast import client as make_client
from tests.web.addresses import filled, form_of, names_of, routes
from tests.web.programs import operations, program_of
from tests.web.things import things_of

OF_A_CLIENT = tuple(route for route in routes() if "client_id" in names_of(route))
OPERATIONS = [each for each in operations() if each.is_of_client]
CONTENT = ("/look", "/frame/", "/content/", "quarantine/act")  # 14-2: and who releases for others has looked.


@pytest.fixture
def rex(cast):
    """He looks after One and Three; Two is somebody else's."""
    three = make_client("Three")
    Membership.objects.create(user=cast.people[Role.RESELLER], client=three, role=Role.RESELLER)
    return cast.browser(Role.RESELLER), three


def test_he_finds_his_own_clients_and_no_others(cast, rex):
    browser, three = rex
    page = browser.get("/")
    assert sorted(each.name for each in page.context["page"]) == ["One", "Three"]
    assert ">Two<" not in page.text
    assert [each.name for each in browser.get("/?q=T").context["page"]] == ["Three"]
    assert browser.get(f"/clients/{three.pk}/").status_code == 200
    assert browser.get("/clients/add").status_code == 404  # The provider's alone.


def test_to_him_every_address_of_another_client_is_as_one_of_no_client(cast, rex):
    browser, things = rex[0], things_of(cast.two)
    nothing = {**dict.fromkeys(things, 999_999), "secret": "none"}
    before = entries(cast.two.pk).count()
    for route in OF_A_CLIENT:
        for method in ("get", "post"):
            form = form_of(route, things)
            answer, none = (getattr(browser, method)(filled(route, each), form) for each in (things, nothing))
            assert (answer.status_code, answer.text) == (none.status_code, none.text), (method, route)
            assert answer.status_code in {404, 405}, (method, route)
    assert entries(cast.two.pk).count() == before


def test_below_one_of_his_clients_the_other_ones_things_are_not_found(cast, rex):
    """Both are his: what belongs to the one has no place at the other all the same."""
    browser, three = rex
    mixed = {**things_of(cast.one), "client_id": three.pk}
    before = entries(cast.one.pk).count()
    for route in OF_A_CLIENT:
        if len(names_of(route)) > 1:
            for method in ("get", "post"):
                answer = getattr(browser, method)(filled(route, mixed), form_of(route, mixed))
                assert answer.status_code in {403, 404, 405}, (method, route)
    assert entries(cast.one.pk).count() == before


def test_he_reads_and_releases_nobodys_mail(cast, rex):
    things = things_of(cast.one)
    walked = [route for route in OF_A_CLIENT if any(part in route for part in CONTENT) and "settings" not in route]
    walked.remove("clients/<int:client_id>/domains/<int:domain_id>/sending/look")  # Into the DNS, at no mail.
    assert len(walked) > 5
    for route in walked:
        for method in ("get", "post"):
            answer = getattr(rex[0], method)(filled(route, things), form_of(route, things))
            assert answer.status_code in {403, 404, 405}, (method, route)


@pytest.mark.usefixtures("tireless")
def test_his_programs_reach_the_client_that_their_key_is_for(cast, rex):
    program = program_of(cast.people[Role.RESELLER], rex[1])
    for other in (cast.one, cast.two):  # His own as well: a key is for one.
        things = things_of(other)
        nothing = {**dict.fromkeys(things, 999_999), "message_id": "0" * 32}
        for each in OPERATIONS:
            answer, none = each.call(program, things), each.call(program, nothing)
            assert (answer.status_code, answer.content) == (none.status_code, none.content), each
            assert answer.status_code == 404, each
