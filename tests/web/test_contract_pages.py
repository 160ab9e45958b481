"""Contracts in the console: an offer is made, accepted, begun and ended by those who may, and by nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.billing.invoices import Received, pay
from ecluse.control.contracts import catalogue, queries
from ecluse.control.contracts.terms import months_after
from ecluse.control.tenants import services as tenants
from ecluse.web.act_words import ACT_WORDS
from tests.control.cast import OPERATOR, ROUTE
from tests.price_list import GRID
from tests.web.programs import program_in_role
from tests.web.things import invoiced


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


@pytest.fixture
def owner(cast):
    return cast.browser(Role.OWNER)


@pytest.fixture
def offer(cast, billing):
    """Drafted and sent by the provider's pages alone; the contract's id."""
    catalogue.publish_prices(GRID, by=OPERATOR)
    catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
    form = {"bundle": "both", "addresses": "10", "domains": "one.example, new.one.example", "months": "24"}
    answer = billing.post(f"{service(cast)}draft", form)
    assert answer.status_code == 302
    act(cast, billing, found(cast).pk, "send")
    return found(cast).pk


def service(cast):
    return f"/clients/{cast.one.pk}/service/contracts/"


def found(cast):
    with scope(client=cast.one):
        return queries.contracts()[0]


def act(cast, browser, contract, what, **more):
    return browser.post(f"{service(cast)}{contract}/act", {"act": what, **more}, follow=True)


def accept(cast, browser, contract, **more):
    page = browser.get(f"/clients/{cast.one.pk}/contract/{contract}/").text
    shown = re.search(r'name="sum" value="(\w+)"', page)
    form = {"agrees": "yes", "informed": "yes", "sum": shown[1] if shown else "", **more}
    return browser.post(f"/clients/{cast.one.pk}/contract/{contract}/accept", form, follow=True)


def domains(cast):
    with scope(client=cast.one):
        return [str(each.pk) for each in queries.contracts()[0].domains.all()]


def begun(cast, billing, owner, offer):
    accept(cast, owner, offer)
    for each in domains(cast):
        act(cast, billing, offer, "grant", domain=each)
    return act(cast, billing, offer, "start")


def test_an_offer_becomes_a_contract_that_the_client_has_accepted(cast, billing, owner, offer):
    page = owner.get(f"/clients/{cast.one.pk}/contract/{offer}/").text
    assert "You pay, we filter." in page
    assert "EUR net of tax" in page
    assert "Accepted. The contract begins" in accept(cast, owner, offer).text
    page = begun(cast, billing, owner, offer).text
    assert "in force" in page
    assert "olive@one.example" in page  # Who accepted.
    assert found(cast).state == "active"


def test_nobody_accepts_without_ticking_or_what_has_changed(cast, owner, offer):
    assert "Tick that you accept" in accept(cast, owner, offer, agrees="").text
    assert "your staff is informed" in accept(cast, owner, offer, informed="").text
    assert "cannot be accepted" in accept(cast, owner, offer, sum="0" * 64).text
    assert found(cast).state == "sent"


@pytest.mark.parametrize("who", [Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER])
def test_only_the_clients_owner_sees_and_accepts(cast, offer, who):
    browser = cast.browser(who)
    assert browser.get(f"/clients/{cast.one.pk}/contract/{offer}/").status_code == 403
    assert browser.post(f"/clients/{cast.one.pk}/contract/{offer}/accept", {"agrees": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("who", "sees_contracts", "sees_drafts"),
    [
        (Role.OWNER, True, False),
        (Role.RESELLER, True, False),
        (Role.ADMINISTRATOR, False, False),
        (Role.PROVIDER_OWNER, True, True),
        (Role.OPERATOR, False, False),
    ],
)
def test_what_contracts_say_stands_in_the_trail_for_those_alone_who_see_contracts(
    cast, billing, owner, offer, who, sees_contracts, sees_drafts
):
    begun(cast, billing, owner, offer)
    browser, client = cast.browser(who), f"/clients/{cast.one.pk}/"
    for page in (f"{client}audit/", f"{client}audit/export"):
        text = browser.get(page).content.decode()
        assert ("contract.accept" in text, "contract.drafted" in text) == (sees_contracts, sees_drafts)
    assert "domain.added" in text
    assert (str(ACT_WORDS["contract.start"]) in browser.get(client).text) is sees_contracts


@pytest.mark.parametrize(("who", "sees_contracts"), [(Role.OWNER, True), (Role.ADMINISTRATOR, False)])
def test_so_it_is_for_programs(cast, billing, owner, offer, who, sees_contracts):
    begun(cast, billing, owner, offer)
    acts = {each["act"] for each in program_in_role(cast, who).get(f"clients/{cast.one.pk}/audit").json()["items"]}
    assert ("contract.accept" in acts, "contract.drafted" in acts) == (sees_contracts, False)


def test_the_provider_cannot_accept_for_the_client(cast, billing, offer):
    for browser in (billing, cast.browser(Role.PROVIDER_OWNER), cast.browser(Role.RESELLER)):
        answer = browser.post(f"/clients/{cast.one.pk}/contract/{offer}/accept", {"agrees": "yes"})
        assert answer.status_code == 403
    assert found(cast).state == "sent"


def test_a_draft_is_the_providers_alone(cast, billing, owner, offer):
    act(cast, billing, offer, "revise")
    assert owner.get(f"/clients/{cast.one.pk}/contract/{offer}/").status_code == 404
    assert "There is no contract yet" in owner.get(f"/clients/{cast.one.pk}/contract/").text


def test_what_cannot_be_done_says_why(cast, billing, owner, offer):
    accept(cast, owner, offer)
    assert "Approve or refuse each domain first" in act(cast, billing, offer, "start").text
    assert "as it is now" in act(cast, billing, offer, "send").text
    assert "A reason is missing" in act(cast, billing, offer, "refuse", domain=domains(cast)[0]).text
    assert billing.post(f"{service(cast)}{offer}/act", {"act": "dance"}).status_code == 404


def test_notice_by_letter_in_time_and_too_late(cast, billing, owner, offer):
    begun(cast, billing, owner, offer)
    now = timezone.now().astimezone(found(cast).zone)
    at = (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    page = act(cast, billing, offer, "give-notice", note="1A 234", at=at, whose="client").text
    assert "in force, notice given" in page
    assert "1A 234" in page
    page = act(cast, billing, offer, "give-notice", note="", at="", whose="client").text
    assert "A letter of notice has a reference" in page


def test_a_letter_that_came_in_time_before_a_renewal_is_a_persons_to_settle(cast, billing, owner, offer):
    begun(cast, billing, owner, offer)
    with scope(client=cast.one):
        contract = queries.find_contract(offer)
        first_day = months_after(contract.first_day, -12)
        type(contract).objects.filter(pk=offer).update(first_day=first_day, period_after=12)
    page = act(cast, billing, offer, "give-notice", note="1A 234", at=f"{first_day}T12:00", whose="client").text
    assert "The letter came in time" in page
    assert "in force, notice given" not in page


def test_a_day_that_no_calendar_has_is_refused_in_words(cast, billing, owner, offer):
    begun(cast, billing, owner, offer)
    page = act(cast, billing, offer, "give-notice", note="1A 234", at="2026-02-30T12:00", whose="client").text
    assert "A letter of notice has a reference" in page
    assert "went on a day that has come" in act(cast, billing, offer, "breach", note="1A", on="2026-02-30").text
    early = act(cast, billing, offer, "breach", note="1A", on="2020-02-29").text
    assert ("dated before the contract began" in early, "Saved." in early) == (True, False)


@pytest.mark.parametrize(("ticked", "is_waived"), [({}, False), ({"waived": "yes"}, True)])
def test_who_terminates_says_whether_the_running_period_is_asked_for(cast, billing, owner, offer, ticked, is_waived):
    begun(cast, billing, owner, offer)
    act(cast, billing, offer, "terminate", note="both want it", **ticked)
    assert (found(cast).state, found(cast).period_waived) == ("terminated", is_waived)


def test_with_a_contract_the_page_of_the_service_leaves_it_to_that(cast, billing, owner, offer):
    begun(cast, billing, owner, offer)
    boss = cast.browser(Role.PROVIDER_OWNER)
    answer = boss.post(f"/clients/{cast.one.pk}/service/state", {"state": "ended"}, follow=True)
    assert "The contract says whether" in answer.text
    answer = boss.post(f"/clients/{cast.one.pk}/service/services", {"inbound": "on"}, follow=True)
    assert "The contract says whether" in answer.text
    cast.one.refresh_from_db()
    assert (cast.one.state, cast.one.has_outbound) == ("active", True)
    act(cast, billing, offer, "suspend", note="not paid")
    cast.one.refresh_from_db()
    assert cast.one.state == "suspended"


def test_the_client_names_one_more_domain_and_the_provider_decides(cast, billing, owner, offer):
    begun(cast, billing, owner, offer)
    address = f"/clients/{cast.one.pk}/contract/{offer}/domains/add"
    assert "approves or refuses" in owner.post(address, {"domain": "Third.example"}, follow=True).text
    assert "cannot be added" in owner.post(address, {"domain": "third.example"}, follow=True).text
    assert "cannot be added" in owner.post(address, {"domain": "no domain"}, follow=True).text
    page = act(cast, billing, offer, "refuse", domain=domains(cast)[-1], note="Against the law.").text
    assert "Against the law." in page


def test_3_3_3_7_what_the_provider_says_of_a_domain_stands_where_either_side_looks(cast, billing, owner, offer):
    with scope(client=cast.one):
        tenants.add_domain(cast.one, "zz.example", [ROUTE], by=OPERATOR)
        page_of = {each.name: f"/clients/{cast.one.pk}/domains/{each.pk}/" for each in queries.tenants.domains()}
    accept(cast, owner, offer)
    new, served = domains(cast)
    act(cast, billing, offer, "grant", domain=new)
    act(cast, billing, offer, "refuse", domain=served, note="against morals")
    assert "in service" in owner.get(page_of["one.example"]).text  # The contract says nothing yet.
    assert "Served since before, and not approved: zz.example." in act(cast, billing, offer, "start").text
    assert "in service" in owner.get(page_of["zz.example"]).text
    page = owner.get(page_of["one.example"]).text
    assert "has refused this domain: against morals." in page
    assert "refused by the provider" in page
    form = {"name": "aa.example", "host": "mail.one.example", "port": 25, "priority": 10, "tls": "may"}
    added = owner.post(f"/clients/{cast.one.pk}/domains/add", form, follow=True).text
    assert "has not decided upon this one yet" in added
    assert "aa.example" in billing.get(f"{service(cast)}{offer}/").text
    act(cast, billing, offer, "grant", domain=served)
    assert "in service" in owner.get(page_of["one.example"]).text


def test_prices_and_terms_are_published_in_new_versions(cast, billing):
    form = {"tiers": "50 2.00 1.00 2.50\n0 1.5 0.8 2", "domain": "3.00", "less_24": "5", "options": "archive 0.33"}
    assert billing.post("/provider/contracts/prices", form).status_code == 302
    shown = billing.get("/provider/contracts/prices").text
    assert "50 2.00 1.00 2.50" in shown
    assert billing.post("/provider/contracts/terms", {"name": "v1", "text": "T"}).status_code == 302
    assert (
        "There are terms of this name already"
        in billing.post("/provider/contracts/terms", {"name": "v1", "text": "U"}).text
    )


@pytest.mark.parametrize(
    "bad", [{"tiers": ""}, {"tiers": "50 2.00"}, {"tiers": "x 1 1 1"}, {"tiers": "0 1 1 NaN"}, {"options": "a b c"}]
)
def test_what_is_no_price_list_is_none(cast, billing, bad):
    form = {"tiers": "0 2.00 1.00 2.50", "domain": "0", **bad}
    assert billing.post("/provider/contracts/prices", form).status_code == 200
    assert catalogue.newest_prices() is None


def test_an_offer_without_a_price_says_so(cast, billing):
    form = {"bundle": "both", "addresses": "10", "domains": "one.example", "months": "12"}
    assert "There is no price for this" in billing.post(f"{service(cast)}draft", form).text
    form["agreed"] = "100.00"
    assert billing.post(f"{service(cast)}draft", form).status_code == 302
    form["domains"] = ""
    assert "names one domain at least" in billing.post(f"{service(cast)}draft", form).text


def test_the_providers_list_finds_contracts_by_state_and_client(cast, billing, offer):
    assert f"C{offer:06d}" in billing.get("/provider/contracts/?state=sent&q=One").text
    assert f"C{offer:06d}" not in billing.get("/provider/contracts/?state=active").text
    assert cast.browser(Role.OPERATOR).get("/provider/contracts/").status_code == 403


def test_without_a_contract_the_provider_says_which_services_a_client_has(cast):
    boss, page = cast.browser(Role.PROVIDER_OWNER), f"/clients/{cast.one.pk}/service/"
    assert "Outbound: it sends through us" in boss.get(page).text
    boss.post(f"{page}services", {"inbound": "on"})
    cast.one.refresh_from_db()
    assert (cast.one.has_inbound, cast.one.has_outbound) == (True, False)
    assert cast.browser(Role.OWNER).post(f"{page}services", {"outbound": "on"}).status_code in {403, 404}


def test_15_9_7_2_what_the_client_declares_is_kept_and_citing_can_be_taken_back(cast, billing, owner, offer):
    accept(cast, owner, offer, cited="yes")
    page = billing.get(f"{service(cast)}{offer}/").text
    assert "its staff is informed (15-9)" in page
    assert "may be cited" in page
    for each in domains(cast):
        act(cast, billing, offer, "grant", domain=each)
    act(cast, billing, offer, "start")
    cite = f"/clients/{cast.one.pk}/contract/{offer}/cite"
    assert "may not name your organisation" in owner.post(cite, {}, follow=True).text
    assert found(cast).may_be_cited is False
    assert "may name your organisation" in owner.post(cite, {"cited": "yes"}, follow=True).text
    assert cast.browser(Role.ADMINISTRATOR).post(cite, {}).status_code == 403


def test_7_2_who_says_nothing_is_not_cited(cast, owner, offer):
    accept(cast, owner, offer)
    assert found(cast).may_be_cited is False


def test_13_2_signs_of_use_by_others_are_the_providers_to_see_and_to_allow(cast, billing, owner, offer):
    with scope(client=cast.two):
        tenants.claim_domain(cast.two, "one.example", [ROUTE], by=OPERATOR)
    with scope(client=cast.one):
        domain = queries.tenants.domains().get(name="one.example")
        tenants.set_recipients(domain, "any", by=OPERATOR)
    page = billing.get(f"{service(cast)}{offer}/").text
    assert "another client claims one.example, too" in page
    assert "one.example takes any address" in page
    assert "Two" not in page
    assert "another client claims" not in owner.get(f"/clients/{cast.one.pk}/contract/{offer}/").text
    page = act(cast, billing, offer, "share").text
    assert "allowed by the provider" in page
    assert "another client claims" not in page
    assert "another client claims" in act(cast, billing, offer, "unshare").text


def test_11_1_what_was_received_under_the_contract_is_the_most_the_provider_owes(cast, billing):
    with scope(client=cast.one):
        invoice = invoiced(cast.one)
        pay(invoice, Received(Decimal("100.00"), invoice.dated, "cheque"), by=OPERATOR)
        pay(invoice, Received(Decimal("30.50"), invoice.dated, "transfer"), by=OPERATOR)
    page = billing.get(f"{service(cast)}{invoice.contract_id}/").text
    assert "130.50 EUR, tax included" in page
