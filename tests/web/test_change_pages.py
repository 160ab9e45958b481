"""A change told to clients: published by the provider, read by the client, whose owner may leave for it (3-8, 6-11)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.billing import invoice_days
from ecluse.control.contracts import catalogue, change_notices, queries
from ecluse.web.console.change_mail import change_mail
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.web.programs import BODIES, program_in_role


@pytest.fixture
def contract(cast, monkeypatch):
    monkeypatch.setattr("tests.control.billed.client", lambda _: cast.one)
    return begun_contract("one")


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


def published(billing, **more):
    form = {
        "title": "Dearer",
        "text_fr": "Plus cher.",
        "text_en": "Dearer.",
        "effective_on": str(invoice_days.today() + timedelta(days=30)),
        "is_unfavourable": "on",
        "is_sure": "on",
        **more,
    }
    return billing.post("/provider/contracts/changes", {k: v for k, v in form.items() if v}, follow=True)


def leave(cast, browser, contract, **more):
    with scope(client=cast.one):
        told = change_notices.told_to(contract)[0]
    form = {"agrees": "yes", "on": str(invoice_days.today()), **more}
    return browser.post(f"/clients/{cast.one.pk}/contract/{contract.pk}/changes/{told.pk}/leave", form, follow=True)


def test_it_is_published_and_read_and_the_owner_leaves(cast, billing, contract):
    catalogue.publish_terms("2026-06", "You pay more.", by=OPERATOR)
    page = published(billing, has_new_terms="on").text
    assert contract.reference in page
    assert "2026-01 → 2026-06" in page
    owner = cast.browser(Role.OWNER)
    page = owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/").text
    assert "Dearer." in page
    assert "You pay more." in page
    assert "Leave the contract" in page
    page = leave(cast, owner, contract).text
    assert "a credit note follows" in page
    assert "terminated" in page
    notice = change_notices.notices()[0]
    assert "has left, a credit note follows" in billing.get(f"/provider/contracts/changes/{notice.pk}/").text


def test_nobody_leaves_without_ticking_or_on_a_day_that_is_none(cast, billing, contract):
    published(billing)
    owner = cast.browser(Role.OWNER)
    assert "Tick that you leave" in leave(cast, owner, contract, agrees="").text
    assert "Tick that you leave" in leave(cast, owner, contract, on="2026-02-31").text
    assert "choose a day from today on" in leave(cast, owner, contract, on="2020-01-01").text
    with scope(client=cast.one):
        assert queries.contracts()[0].state == "active"


def test_6_11_too_late_is_told(cast, billing, contract):
    published(billing, effective_on="2026-01-01")
    with scope(client=cast.one):
        contract.changes.update(told_on=date(2026, 1, 1))
    owner = cast.browser(Role.OWNER)
    assert "The month in which this could be asked for is over" in leave(cast, owner, contract).text
    assert "Leave the contract" not in owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/").text


def test_what_is_no_disadvantage_offers_no_way_out(cast, billing, contract):
    published(billing, is_unfavourable="")
    owner = cast.browser(Role.OWNER)
    assert "Leave the contract" not in owner.get(f"/clients/{cast.one.pk}/contract/{contract.pk}/").text
    assert "This cannot be done" in leave(cast, owner, contract).text


def test_only_the_clients_owner_leaves(cast, billing, contract):
    published(billing)
    for who in (Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER, Role.BILLING, Role.PROVIDER_OWNER, Role.RESELLER):
        assert leave(cast, cast.browser(who), contract).status_code == 403


def test_nothing_is_published_by_mistake(billing, contract):
    published(billing, is_sure="")
    published(billing, text_fr="")
    assert not change_notices.notices()


@pytest.mark.parametrize("field", ["title", "text_fr", "text_en"])
def test_a_text_of_which_nothing_can_be_seen_is_told_at_its_field_and_publishes_nothing(cast, billing, field):
    program = program_in_role(cast, Role.BILLING)
    for blank in (" ", "\r\n\t", "\u00a0\u2003", "\u200b", " \u2060\ufeff ", "\x1f"):
        page = published(billing, **{field: blank})
        [at] = [name for name, said in page.context["form"].errors.items() if said]
        body = BODIES["publish_change"] | {field: blank}
        answer = program.post("change-notices", body)
        where = {each["where"] for each in answer.json()["errors"]}
        assert (at, answer.status_code, where) == (field, 422, {f"body.{field}"}), repr(blank)
    assert not change_notices.notices()


@pytest.mark.parametrize(("language", "words"), [("en", "Dearer."), ("fr", "Plus cher.")])
def test_the_letter_says_it_in_its_readers_language(cast, billing, contract, language, words):
    cast.people[Role.OWNER].language = language
    cast.people[Role.OWNER].save()
    published(billing)
    sent = []
    change_notices.send_letters(timezone.now(), sent.append)
    mail = change_mail(sent[0])
    assert mail.recipient == "olive@one.example"
    assert words in mail.text
    assert contract.reference in mail.subject
    assert f"/clients/{cast.one.pk}/contract/{contract.pk}/" in mail.text
    assert "3-8" in mail.text
