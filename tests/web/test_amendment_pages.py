"""Amendments in the console: written, accepted and signed by those who may, and by nobody else (17-1)."""

from __future__ import annotations

import re

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.contracts import amendments, catalogue, life, naming, offers, queries
from ecluse.control.contracts.price_grid import Bundle, Wanted
from tests.control.cast import ADMIN, OPERATOR
from tests.price_list import GRID


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


@pytest.fixture
def owner(cast):
    return cast.browser(Role.OWNER)


@pytest.fixture
def contract(cast):
    catalogue.publish_prices(GRID, by=OPERATOR)
    catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
    with scope(client=cast.one):
        made = offers.draft(cast.one, Wanted(Bundle.INBOUND, 10, 1, 24), ["one.example"], by=OPERATOR)
        today = made.made_at.date()
        offers.send(made, today=today, by=OPERATOR)
        offers.accept(made, offers.sum_of(offers.offer_document(made)), today=today, by=ADMIN)
        naming.grant(made.domains.get(), by=OPERATOR)
        life.start(made, by=OPERATOR)
        return made


WISH = {"bundle": "both", "addresses": "20", "domains": "three.example"}


def written(cast, billing, contract, **more):
    form = {**WISH, **more}
    answer = billing.post(f"/clients/{cast.one.pk}/service/contracts/{contract.pk}/amend", form, follow=True)
    return answer.text


def the_one(cast):
    with scope(client=cast.one):
        return queries.contracts()[0].amendments.last()


def act(cast, browser, contract, what):
    made = the_one(cast)
    path = f"/clients/{cast.one.pk}/service/contracts/{contract.pk}/amendments/{made.pk}/act"
    return browser.post(path, {"act": what}, follow=True)


def accept(cast, browser, contract, **more):
    path = f"/clients/{cast.one.pk}/contract/{contract.pk}/amendments/{the_one(cast).pk}/"
    shown = re.search(r'name="sum" value="(\w+)"', browser.get(path).text)
    form = {"agrees": "yes", "sum": shown[1] if shown else "", **more}
    return browser.post(f"{path}accept", form, follow=True)


def test_an_amendment_is_written_accepted_and_signed(cast, billing, owner, contract):
    page = written(cast, billing, contract)
    assert "before: inbound mail" in page
    assert "three.example" in page
    act(cast, billing, contract, "send")
    assert the_one(cast).reference in owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/").text
    assert "It holds when your provider signs it" in accept(cast, owner, contract).text
    page = act(cast, billing, contract, "begin").text
    assert "24 whole months of the period" in page
    assert "olive@one.example" in page
    cast.one.refresh_from_db()
    assert cast.one.has_outbound
    page = owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/").text
    assert "Amendment signed by the provider" in page
    assert "inbound and outbound mail" in page


def test_a_draft_is_the_providers_alone(cast, billing, owner, contract):
    written(cast, billing, contract)
    made = the_one(cast)
    assert owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/amendments/{made.pk}/").status_code == 404
    assert made.reference not in owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/").text


def test_nobody_accepts_without_ticking_or_what_has_changed(cast, billing, owner, contract):
    written(cast, billing, contract)
    act(cast, billing, contract, "send")
    assert "Tick that you accept" in accept(cast, owner, contract, agrees="").text
    assert "cannot be accepted" in accept(cast, owner, contract, sum="0" * 64).text
    assert the_one(cast).state == "sent"


def test_only_the_clients_owner_accepts(cast, billing, contract):
    written(cast, billing, contract)
    act(cast, billing, contract, "send")
    for who in (Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER, Role.BILLING, Role.PROVIDER_OWNER, Role.RESELLER):
        path = f"/clients/{cast.one.pk}/contract/{contract.pk}/amendments/{the_one(cast).pk}/accept"
        assert cast.browser(who).post(path, {"agrees": "yes"}).status_code == 403
    assert the_one(cast).state == "sent"


def test_what_cannot_be_written_says_why(cast, billing, contract):
    assert "Nothing is added by this" in written(cast, billing, contract, bundle="inbound", addresses="10", domains="")
    written(cast, billing, contract)
    assert "Another amendment of this contract waits" in written(cast, billing, contract)
    assert "look at it anew" in act(cast, billing, contract, "begin").text
    assert act(cast, billing, contract, "dance").status_code == 404
    with scope(client=cast.one):
        life.suspend(contract, "not paid", by=OPERATOR)
        amendments.withdraw_amendment(the_one(cast), "", by=OPERATOR)
    assert "The contract is not in force" in written(cast, billing, contract)


def test_the_provider_signs_nothing_that_the_contract_has_outgrown(cast, billing, owner, contract):
    written(cast, billing, contract)
    act(cast, billing, contract, "send")
    accept(cast, owner, contract)
    with scope(client=cast.one):
        type(contract).objects.filter(pk=contract.pk).update(addresses=12)
    assert "The contract has changed since" in act(cast, billing, contract, "begin").text
