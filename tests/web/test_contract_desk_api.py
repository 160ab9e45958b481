"""The contract desk by the API: what the provider's pages do, its programs do, but for the client's yes (3-1, 17-1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.billing import invoice_days
from ecluse.control.contracts import amendments, catalogue, offers, queries
from ecluse.control.contracts.models import Contract
from ecluse.control.tenants import queries as tenants
from tests.control.cast import ADMIN, OPERATOR
from tests.price_list import GRID
from tests.web.programs import program_in_role

WANTED = {
    "services": "both",
    "addresses": 10,
    "domains": ["one.example", "Two.One.example", "one.example"],
    "months": 12,
    "options": ["archive"],
}
SURE = {"ends_the_contract": True}


@pytest.fixture
def desk(cast):
    """A key of who keeps the contracts."""
    catalogue.publish_prices(GRID, by=OPERATOR)
    catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
    return program_in_role(cast, Role.BILLING)


def accepted(cast, contract_id):
    """By a person of the client's."""
    with scope(client=cast.one):
        row = queries.find_contract(contract_id)
        offers.accept(row, offers.sum_of(offers.offer_document(row)), today=invoice_days.today(), by=ADMIN)


def begun(cast, desk):
    """The address of a contract in force."""
    at = f"clients/{cast.one.pk}/contracts"
    made = desk.post(at, WANTED).json()
    where = f"{at}/{made['id']}"
    desk.post(f"{where}/send")
    accepted(cast, made["id"])
    desk.post(f"{where}/domains/answer", {"name": "one.example", "is_approved": True})
    desk.post(f"{where}/domains/answer", {"name": "two.one.example", "is_approved": False, "reason": "not yours"})
    desk.post(f"{where}/start")
    return where


def last_note(program, where):
    return program.get(f"{where}/history").json()["items"][-1]["note"]


def test_an_offer_becomes_a_contract_and_the_clients_yes_is_a_persons(cast, desk):
    at = f"clients/{cast.one.pk}/contracts"
    made, again = (desk.post(at, WANTED, **{"Idempotency-Key": "once"}) for _ in range(2))
    offer = made.json()
    assert (made.status_code, offer["state"], offer["price"], again.json()) == (201, "drafted", "375.60", offer)
    assert [(each["name"], each["approval"]) for each in offer["domains"]] == [
        ("one.example", "asked"),
        ("two.one.example", "asked"),
    ]
    where = f"{at}/{offer['id']}"
    assert desk.post(f"{where}/start").status_code == 409  # It was not sent.
    steps = [desk.post(f"{where}/{each}") for each in ("send", "revise", "send")]
    assert [each.json()["state"] for each in steps] == ["sent", "drafted", "sent"]
    assert desk.post(f"{where}/start").status_code == 409  # The client has not said yes.
    accepted(cast, offer["id"])
    undecided = desk.post(f"{where}/start")
    assert (undecided.status_code, "approved or refused first" in undecided.json()["detail"]) == (409, True)
    answer = f"{where}/domains/answer"
    assert desk.post(answer, {"name": "one.example", "is_approved": True}).status_code == 200
    assert desk.post(answer, {"name": "two.one.example", "is_approved": False}).status_code == 422  # Why?
    refused = desk.post(answer, {"name": "two.one.example", "is_approved": False, "reason": "not yours"}).json()
    assert [(each["approval"], each["reason"]) for each in refused["domains"]] == [
        ("granted", ""),
        ("refused", "not yours"),
    ]
    assert desk.post(answer, {"name": "one.example", "is_approved": False, "reason": "late"}).status_code == 409
    assert desk.post(answer, {"name": "far.example", "is_approved": True}).status_code == 404
    started = desk.post(f"{where}/start").json()
    assert (started["state"], started["period"]["starts_on"]) == ("active", str(invoice_days.today()))
    told = Entry.objects.filter(action="contract.start").get()
    assert (told.actor_kind, told.client_id) == ("api-key", cast.one.pk)
    other = desk.post(at, {**WANTED, "agreed": {"services": "99.00"}}).json()
    assert (other["price"], desk.post(f"{at}/{other['id']}/withdraw", {}).json()["state"]) == ("99.00", "withdrawn")


def test_a_contract_is_suspended_resumed_and_left_by_letter(cast, desk):
    where = begun(cast, desk)
    assert desk.post(f"{where}/suspend", {"reason": " "}).status_code == 422
    assert desk.post(f"{where}/suspend", {"reason": "it harms others"}).json()["state"] == "suspended"
    with scope(client=cast.one):
        assert tenants.client_named("One").state == "suspended"
    assert desk.post(f"{where}/suspend", {"reason": "again"}).status_code == 409
    assert desk.post(f"{where}/resume").json()["state"] == "active"
    assert desk.call("PUT", f"{where}/sharing", {"is_allowed": True}).status_code == 200
    letters, now = f"{where}/letters-of-notice", timezone.now()
    for wrong in (now + timedelta(days=1), now - timedelta(days=2)):  # To come, and before it has begun.
        assert desk.post(letters, {"letter": "1A 234", "received_at": wrong.isoformat()}).status_code == 409
    noted = desk.post(letters, {"letter": "1A 234", "received_at": now.isoformat(), "whose": "provider"}).json()
    assert (noted["is_in_time"], noted["contract"]["state"]) == (True, "notice")
    assert last_note(desk, where).startswith("provider: 1A 234")


def test_a_late_letter_is_refused_with_the_reason(cast, desk):
    where = begun(cast, desk)
    with scope(client=cast.one):  # It began a year ago but five days.
        row = queries.contract_in_force()
        began = invoice_days.today() - timedelta(days=360)
        type(row).objects.filter(pk=row.pk).update(first_day=began)
    letter = {"letter": "1A 234", "received_at": timezone.now().isoformat()}
    noted = desk.post(f"{where}/letters-of-notice", letter).json()
    assert (noted["is_in_time"], noted["contract"]["state"]) == (False, "active")
    for program in (desk, program_in_role(cast, Role.OWNER)):
        history = program.get(f"{where}/history").json()["items"]
        assert [each["what"] for each in history][:3] == ["drafted", "send", "accept"]
        assert (history[-1]["what"], "the last moment was" in history[-1]["note"]) == ("notice-refused", True)
        assert history[-1]["note"].startswith("client: 1A 234")


def test_16_1_a_breach_has_fifteen_days_and_an_end_is_said_once_more(cast, desk):
    where, today = begun(cast, desk), invoice_days.today()
    end = f"{where}/breach/terminate"
    assert desk.call("DELETE", f"{where}/breach").status_code == 409  # None was declared.
    with scope(client=cast.one):
        Contract.objects.update(first_day=today - timedelta(days=16))
    early = desk.call("PUT", f"{where}/breach", {"letter": "1A 9", "sent_on": str(today - timedelta(days=17))})
    assert (early.status_code, "nobody could break it before" in early.json()["detail"]) == (409, True)
    for days, status in ((0, 409), (15, 409), (16, 200)):
        sent_on = str(today - timedelta(days=days))
        assert desk.call("PUT", f"{where}/breach", {"letter": "1A 9", "sent_on": sent_on}).status_code == 200
        assert desk.post(end, {"ends_the_contract": False}).status_code == 422
        answer = desk.post(end, {**SURE, "waives_period": days == 16})
        assert answer.status_code == status, days
    assert answer.json()["state"] == "terminated"
    assert last_note(desk, where) == "serious breach (16-1); no more is asked for its period"
    assert desk.post(f"{where}/terminate", {**SURE, "reason": "once more"}).status_code == 409
    where = begun(cast, desk)
    sent = {"letter": "1A 9", "sent_on": str(today + timedelta(days=1))}
    assert desk.call("PUT", f"{where}/breach", sent).status_code == 409  # It has not gone.
    desk.call("PUT", f"{where}/breach", {**sent, "sent_on": str(today)})
    assert desk.call("DELETE", f"{where}/breach").status_code == 200
    assert desk.post(f"{where}/terminate", {"reason": "both want it", "ends_the_contract": False}).status_code == 422
    ended = desk.post(f"{where}/terminate", {**SURE, "reason": "both want it", "waives_period": True}).json()
    assert ended["state"] == "terminated"
    assert last_note(desk, where) == "both want it; no more is asked for its period"


def test_what_is_no_offer_is_told(cast, desk):
    at = f"clients/{cast.one.pk}/contracts"
    for wrong in (
        {"options": ["gold"]},
        {"options": ["gold"], "agreed": {"services": "1.00"}},
        {"months": 13},
        {"domains": []},
        {"domains": ["no domain"]},
        {"addresses": 0},
        {"agreed": {"services": "1"}},
        {"agreed": {"services": "-1.00"}},
        {"more": True},
    ):
        assert desk.post(at, {**WANTED, **wrong}).status_code == 422, wrong
    for role, status in ((Role.OPERATOR, 403), (Role.OWNER, 403)):
        assert program_in_role(cast, role).post(at, WANTED).status_code == status


def test_an_amendment_is_written_sent_and_signed_after_the_clients_yes(cast, desk):
    contract = begun(cast, desk)
    at, more = f"{contract}/amendments", {"services": "both", "addresses": 20, "options": ["archive"]}
    same = {"services": "both", "addresses": 10, "options": ["archive"]}
    for wrong, status in (
        (same, 409),  # Nothing changes.
        ({**same, "addresses": 9}, 409),  # 3-17.
        ({**same, "more_domains": ["two.one.example"]}, 409),  # It was refused.
        ({**same, "options": ["gold"]}, 422),
        ({**same, "agreed": {"services": "x"}}, 422),
    ):
        assert desk.post(at, wrong).status_code == status, wrong
    first = desk.post(at, more).json()
    assert (first["state"], first["price_month"], desk.post(at, more).status_code) == ("drafted", "28.30", 409)
    assert desk.post(f"{at}/{first['id']}/withdraw", {"reason": "too dear"}).json()["state"] == "withdrawn"
    made = desk.post(at, {**more, "more_domains": ["three.one.example"], "agreed": {"services": "5.00"}})
    assert (made.status_code, made.json()["price_month"]) == (201, "5.00")
    where = f"{at}/{made.json()['id']}"
    assert desk.post(f"{where}/begin").status_code == 409
    assert desk.post(f"{where}/send").json()["state"] == "sent"
    assert desk.post(f"{where}/begin").status_code == 409  # The client has not said yes.
    with scope(client=cast.one):
        row = queries.find_amendment(queries.contract_in_force(), made.json()["id"])
        seen = offers.sum_of(amendments.amendment_document(row))
        amendments.accept_amendment(row, seen, today=invoice_days.today(), by=ADMIN)
    begun_one = desk.post(f"{where}/begin").json()
    assert (begun_one["state"], begun_one["months"]) == ("begun", 12)
    told = desk.get(contract).json()
    assert (told["addresses"], told["domains"][1]) == (
        20,
        {"name": "three.one.example", "approval": "granted", "reason": ""},
    )
    assert desk.post(f"{at}/999999/send").status_code == 404


PRICES = {
    "tiers": [
        {"up_to": 0, "inbound": "1.5", "outbound": "0.80", "both": "2"},
        {"up_to": 50, "inbound": "2", "outbound": "1.00", "both": "2.50"},
    ],
    "domain": "3.00",
    "less_36": "12.5",
    "options": [{"name": "archive", "price": "0.3333"}],
}


def test_price_lists_and_terms_are_published_and_offers_are_made_by_them(cast, desk):
    made = desk.post("price-lists", PRICES)
    assert (made.status_code, [each["up_to"] for each in made.json()["tiers"]]) == (201, [50, 0])
    newest, oldest = desk.get("price-lists").json()["items"]
    assert newest == made.json()
    assert (oldest["less_24"], newest["less_24"], newest["less_36"], newest["made_by"]) == (
        "5",
        "0",
        "12.5",
        "api-key:sync",
    )
    for wrong in ({"tiers": []}, {"tiers": [PRICES["tiers"][0]] * 2}, {"less_36": "101"}, {"domain": "x"}):
        assert desk.post("price-lists", {**PRICES, **wrong}).status_code == 422, wrong
    assert desk.post("price-lists", {**PRICES, "options": PRICES["options"] * 2}).status_code == 422
    told = {"name": "2026-12", "text": "Vous payez.", "text_en": "You pay."}
    terms = desk.post("terms-of-sale", told).json()
    assert {name: terms[name] for name in told} == told
    assert desk.post("terms-of-sale", told).status_code == 409  # Its name is taken.
    assert [each["name"] for each in desk.get("terms-of-sale").json()["items"]] == ["2026-12", "2026-01"]
    assert desk.get(f"terms-of-sale/{terms['id']}").json() == terms
    at = f"clients/{cast.one.pk}/contracts"
    offer = desk.post(at, WANTED).json()
    assert offer["price"] == "375.96"  # 10 x 2.50 + 3.00, and 10 x 0.3333 rounded, for twelve months.
    sent = desk.post(f"{at}/{offer['id']}/send").json()
    assert (sent["terms"], sent["terms_sha256"]) == ("2026-12", terms["sha256"])
    assert [program_in_role(cast, each).get("price-lists").status_code for each in (Role.READER, Role.OWNER)] == [
        403,
        404,
    ]


def test_contracts_of_all_clients_are_one_list(cast, desk):
    mine = desk.post(f"clients/{cast.one.pk}/contracts", WANTED).json()
    other = desk.post(f"clients/{cast.two.pk}/contracts", {**WANTED, "domains": ["two.example"]}).json()
    first = desk.get("contracts?limit=1").json()
    rest = desk.get(f"contracts?limit=1&after={first['next']}").json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [other["id"], mine["id"]]
    assert (first["items"][0]["client"], first["items"][0]["price"]) == ("Two", other["price"])
    asked = ("q=tw", "state=drafted", "state=active", "q=nobody")
    assert [len(desk.get(f"contracts?{each}").json()["items"]) for each in asked] == [1, 2, 0, 0]
    assert desk.get("contracts?state=odd").status_code == 422


def test_3_8_a_change_is_published_once_and_who_was_told_is_read(cast, desk):
    where = begun(cast, desk)
    terms = desk.post("terms-of-sale", {"name": "2027-01", "text": "Vous payez plus."}).json()
    change = {
        "title": "Nouvelles conditions",
        "text_fr": "Vous payez plus.",
        "text_en": "You pay more.",
        "effective_on": str(invoice_days.today() + timedelta(days=30)),
        "is_unfavourable": True,
        "has_new_terms": True,
        "is_sure": True,
    }
    for wrong in ({"is_sure": False}, {"text_en": " "}, {"effective_on": "9999-12-31"}):
        assert desk.post("change-notices", {**change, **wrong}).status_code == 422, wrong
    made = desk.post("change-notices", change)
    notice = made.json()
    assert (made.status_code, notice["old_terms"], notice["new_terms"]) == (201, "2026-01", terms["name"])
    assert desk.get("change-notices").json()["items"] == [notice]
    [told] = desk.get(f"change-notices/{notice['id']}").json()["told"]
    assert (told["client"], told["letters"], told["letters_sent"], told["leaves_on"]) == ("One", 1, 0, None)
    assert f"clients/{told['client_id']}/contracts/{told['contract_id']}" == where
    owner = program_in_role(cast, Role.OWNER)
    [mine] = owner.get(f"{where}/changes").json()["items"]
    leaving = {"leaves_on": str(invoice_days.today() + timedelta(days=31)), **SURE}
    assert owner.post(f"{where}/changes/{mine['id']}/leave", leaving).status_code == 200
    [told] = desk.get(f"change-notices/{notice['id']}").json()["told"]
    assert (told["leaves_on"], told["refund"]) == (leaving["leaves_on"], "asked")
    assert owner.get("change-notices").status_code == 404
