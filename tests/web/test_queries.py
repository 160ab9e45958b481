"""A list of a hundred asks the database as often as a list of one."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from ecluse.control.accounts import services as accounts
from ecluse.control.accounts.roles import Role
from ecluse.control.policies import services as policies
from ecluse.control.policies.models import ListKind
from ecluse.control.tenants import queries
from ecluse.control.tenants import services as tenants
from tests.control.cast import OPERATOR, ROUTE
from tests.web.house import person
from tests.web.things import held, new_key, new_objection, things_of

LISTS = (
    "",
    "domains/",
    "addresses/",
    "lists/",
    "members/",
    "audit/",
    "quarantine/",
    "log/",
    "programs/",
    "objections/",
)
PAGES = {Role.OWNER: (*LISTS, "mine/"), Role.OPERATOR: LISTS}
MANY = 12


def asked(get):
    with CaptureQueriesContext(connection) as seen:
        assert get().status_code == 200
    return [each["sql"] for each in seen]


def grow(client):
    with scope(client=client):
        domain = queries.proven_domains()[0]
        for number in range(MANY):
            name = f"x{number}"
            tenants.claim_domain(client, f"{name}.one.example", [ROUTE], by=OPERATOR)
            tenants.add_address(domain, name, by=OPERATOR)
            policies.list_sender(client, ListKind.BLOCK, f"{name}.net", f"{name}.net", note="", by=OPERATOR)
            accounts.invite(f"new{name}@one.example", Role.USER, client, by=OPERATOR, grants=frozenset(Role))
            person(f"{name}@one.example", client, Role.USER)
            new_key(client)
            new_objection(client, hold(client))


def hold(client):
    """For the owner."""
    copy, _ = held(client)
    copy.recipient = "olive@one.example"
    copy.save()
    return copy


@pytest.fixture
def grown(cast):
    things_of(cast.one)
    with scope(client=cast.one):
        tenants.add_address(queries.proven_domains()[0], "olive", by=OPERATOR)
        hold(cast.one)
    return lambda: grow(cast.one)


@pytest.mark.parametrize("who", PAGES)
def test_a_page_asks_as_often_for_many_rows(cast, grown, who):
    browser, base = cast.browser(who), f"/clients/{cast.one.pk}/"
    for page in PAGES[who]:  # What a first request asks once and for all.
        browser.get(base + page)
    before = {page: asked(lambda page=page: browser.get(base + page)) for page in PAGES[who]}
    grown()
    for page in PAGES[who]:
        after = asked(lambda page=page: browser.get(base + page))
        assert len(after) == len(before[page]), (page, "\n".join(after))


def test_so_does_the_list_of_clients_and_who_may_add_one_is_asked_once(cast):
    browser = cast.browser(Role.OPERATOR)
    browser.get("/")
    before = asked(lambda: browser.get("/"))
    for number in range(MANY):
        tenants.create_client(f"Client {number}", by=OPERATOR)
    after = asked(lambda: browser.get("/"))
    assert len(after) == len(before)
    assert len([each for each in after if '"accounts_membership"."client_id" IS NULL' in each]) == 1


def test_the_lines_of_a_file_are_read_with_the_domains_at_hand(cast):
    browser = cast.browser(Role.ADMINISTRATOR)

    def upload(lines):
        sheet = b"address;name;alias\n" + b"x@two.example;X;no\n" * lines
        with CaptureQueriesContext(connection) as seen:
            page = browser.post(
                f"/clients/{cast.one.pk}/addresses/import", {"file": SimpleUploadedFile("a.csv", sheet)}
            )
        assert page.status_code == 400
        return len(seen)

    upload(1)
    assert upload(50) == upload(1)
