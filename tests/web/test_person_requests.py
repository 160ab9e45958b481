"""What people ask about their data, on the pages of provider and client (15-1, 15-2)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
import time_machine
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.privacy.declared import STORES as DECLARED
from ecluse.control.privacy.erasing import _ACCOUNT_STAYS, _BLOCKED
from ecluse.control.privacy.models import PersonRequest
from ecluse.control.privacy.reminders import Reminder
from ecluse.control.tenants.models import Address
from ecluse.domain.personal_data import Erasing
from ecluse.web.backoffice.request_mail import request_mail
from ecluse.web.person_forms import RequestForm
from ecluse.web.privacy_words import CORRECTED, ERASINGS, STEPS, STORES, WHYS

PAUL = "paul@one.example"


@pytest.fixture
def op(cast):
    return cast.browser(Role.OPERATOR)


def newest():
    with scopes_disabled():
        return PersonRequest.objects.order_by("-pk")[0]


def entered(browser, right="erasure", **values):
    form = {
        "right": right,
        "addresses": PAUL,
        "channel": "post",
        "received_on": "2026-11-01",
        "client": "One",
        **values,
    }
    answer = browser.post("/provider/rights/add", form)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_from_the_letter_to_the_answer(cast, op):
    page = entered(op)
    assert "identity to be checked" in op.get(page).text
    assert op.post(f"{page}act", {"act": "prove", "text": "a letter from his owner"}).status_code == 302
    found = op.get(f"{page}?search=1").text
    assert "Mailboxes" in found
    assert "Log of messages" in found
    looked = Entry.objects.get(action="request.searched")
    assert (looked.client_id, PAUL in str(looked.after)) == (cast.one.pk, False)
    taken = op.post(f"{page}export")
    with zipfile.ZipFile(io.BytesIO(taken.getvalue())) as archive:
        data = json.loads(archive.read("data.json"))
        readable = archive.read("data.html").decode()
    assert data["addresses"] == [PAUL]
    assert "tenants.Address" in {part["store"] for part in data["parts"]}
    assert "Mailboxes" in readable
    assert "Erase for good" in op.get(f"{page}erase").text
    with scope(client=cast.one):
        assert Address.objects.filter(key=PAUL).exists()
    assert op.post(f"{page}erase").status_code == 302
    with scope(client=cast.one):
        assert not Address.objects.filter(key=PAUL).exists()
    told = op.get(page).text
    assert "What was erased, and what was kept" in told
    assert "CPCE art. R10-13" in told
    assert op.post(f"{page}act", {"act": "answer", "text": "told him"}).status_code == 302
    assert "answered" in op.get(page).text
    assert page not in op.get("/provider/rights/").text
    assert page in op.get("/provider/rights/?state=all").text


def test_nothing_is_given_out_before_he_has_proven_who_he_is(cast, op):
    page = entered(op)
    assert "First check who he is" in op.post(f"{page}export", follow=True).text
    assert "has not proven who he is" in op.post(f"{page}erase", follow=True).text
    assert "the text is missing" in op.post(f"{page}act", {"act": "prove", "text": " "}, follow=True).text
    assert op.post(f"{page}act", {"act": "no such act"}).status_code == 404


def test_a_clients_name_does_not_open_what_is_not_its_own(op):
    form = {"right": "access", "addresses": "x@far.example", "channel": "mail", "received_on": "2026-11-01"}
    assert "leave its name empty" in op.post("/provider/rights/add", {**form, "client": "One"}).text
    assert "no client of this name" in op.post("/provider/rights/add", {**form, "client": "None"}).text
    assert "not come yet" in op.post("/provider/rights/add", {**form, "received_on": "2999-01-01"}).text
    assert op.post("/provider/rights/add", form).status_code == 302


@pytest.mark.django_db
def test_after_midnight_in_paris_it_is_today():
    form = {"right": "access", "addresses": "x@far.example", "channel": "mail", "received_on": "2026-11-30"}
    with time_machine.travel(datetime(2026, 11, 29, 23, 30, tzinfo=UTC), tick=False):
        read = RequestForm(form)
        assert (read.is_valid(), read.cleaned_data["received_on"]) == (True, datetime.now(UTC))
        assert not RequestForm(form | {"received_on": "2026-12-01"}).is_valid()


def test_a_clients_owner_asks_for_his_own_people_and_sees_his_own_requests_alone(cast, op):
    owner = cast.browser(Role.OWNER)
    base = f"/clients/{cast.one.pk}/rights/"
    form = {"right": "erasure", "addresses": PAUL}
    assert owner.post(f"{base}add", form).status_code == 302
    own = newest()
    assert own.client == cast.one
    entered(op, addresses="paul@two.example", client="Two")
    other = newest()
    assert f"{base}{own.pk}/" in owner.get(base).text
    assert "two.example" not in owner.get(base).text
    assert owner.get(f"{base}{other.pk}/").status_code == 404
    assert "of your own domains" in owner.post(f"{base}add", {**form, "addresses": "x@two.example"}).text
    page = f"/provider/rights/{own.pk}/"
    op.post(f"{page}act", {"act": "prove", "text": "his owner asked"})
    op.post(f"{page}erase")
    assert "What was erased, and what was kept" in owner.get(f"{base}{own.pk}/").text


@pytest.mark.parametrize("who", [Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER, Role.RESELLER])
def test_nobody_else_of_a_client_asks(cast, who):
    assert cast.browser(who).get(f"/clients/{cast.one.pk}/rights/").status_code == 403


@pytest.mark.parametrize("who", [Role.SUPPORT, Role.BILLING, Role.READER])
def test_nobody_else_of_the_provider_works_on_requests(cast, who):
    assert cast.browser(who).get("/provider/rights/").status_code == 403


@pytest.mark.parametrize(
    ("language", "is_late", "subject", "day"),
    [
        ("en", True, "Late: request 7", "2026-11-30"),
        ("en", False, "Request 7", "2026-11-30"),
        ("fr", False, "La demande 7", "30/11/2026"),
    ],
)
def test_the_reminder_names_the_request_and_nobody(cast, language, is_late, subject, day):
    mail = request_mail(
        Reminder("pia@provider.example", language, 7, "erasure", datetime(2026, 11, 30, tzinfo=UTC), is_late)
    )
    assert mail.subject.startswith(subject)
    assert day in mail.subject
    assert day in mail.text
    assert "/provider/rights/7/" in mail.text
    assert PAUL not in mail.text


def test_every_store_and_every_reason_has_words():
    assert {store.name for store in DECLARED if store.personal} == set(STORES)
    reasons = {each.why for store in DECLARED for each in store.personal if each.why}
    assert reasons | {_ACCOUNT_STAYS, _BLOCKED} == WHYS
    assert set(ERASINGS) == set(Erasing)
    assert {"opened", "proven", "noted", "exported", "corrected", "erased", "answered", "refused"} == set(STEPS)


def test_a_name_is_corrected_on_the_page_of_the_request_and_every_correctable_field_has_words(cast, op):
    page = entered(op, "rectification")
    assert "could be corrected here" in op.get(f"{page}correct").text  # Before he has proven who he is.
    op.post(f"{page}act", {"act": "prove", "text": "a letter from his owner"})
    assert "Correct…" in op.get(page).text
    shown = op.get(f"{page}correct").text
    with scopes_disabled():
        mailbox = Address.objects.get(key=PAUL)
    key = f"tenants.Address.name:{mailbox.pk}"
    assert f'name="is-{key}"' in shown
    assert "Nothing was corrected" in op.post(f"{page}correct", {f"was-{key}": "", f"is-{key}": ""}, follow=True).text
    told = op.post(f"{page}correct", {f"was-{key}": mailbox.name, f"is-{key}": "Paul Right"}, follow=True).text
    assert "Tell him, and close the request" in told
    assert "tenants.Address.name (1)" in told
    with scopes_disabled():
        assert Address.objects.get(key=PAUL).name == "Paul Right"
    correctable = {f"{each.name}.{one.field}" for each in DECLARED for one in each.personal if one.is_correctable}
    assert correctable == set(CORRECTED)
