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
    noted = desk.post(letters, {"letter": "1A 234", "received_at": now.isoformat()}).json()
    assert (noted["is_in_time"], noted["contract"]["state"]) == (True, "notice")


def test_a_late_letter_is_refused_with_the_reason(cast, desk):
    where = begun(cast, desk)
    with scope(client=cast.one):  # It began a year ago but five days.
        row = queries.contract_in_force()
        began = invoice_days.today() - timedelta(days=360)
        type(row).objects.filter(pk=row.pk).update(first_day=began)
    letter = {"letter": "1A 234", "received_at": timezone.now().isoformat()}
    noted = desk.post(f"{where}/letters-of-notice", letter).json()
    assert (noted["is_in_time"], noted["contract"]["state"]) == (False, "active")
    with scope(client=cast.one):
        assert "the last moment was" in row.moves.filter(what="notice-refused").get().note


def test_16_1_a_breach_has_fifteen_days_and_an_end_is_said_once_more(cast, desk):
    where, today = begun(cast, desk), invoice_days.today()
    end = f"{where}/breach/terminate"
    assert desk.call("DELETE", f"{where}/breach").status_code == 409  # None was declared.
    for days, status in ((0, 409), (15, 409), (16, 200)):
        sent_on = str(today - timedelta(days=days))
        assert desk.call("PUT", f"{where}/breach", {"letter": "1A 9", "sent_on": sent_on}).status_code == 200
        assert desk.post(end, {"ends_the_contract": False}).status_code == 422
        answer = desk.post(end, SURE)
        assert answer.status_code == status, days
    assert answer.json()["state"] == "terminated"
    assert desk.post(f"{where}/terminate", {**SURE, "reason": "once more"}).status_code == 409
    where = begun(cast, desk)
    sent = {"letter": "1A 9", "sent_on": str(today + timedelta(days=1))}
    assert desk.call("PUT", f"{where}/breach", sent).status_code == 409  # It has not gone.
    desk.call("PUT", f"{where}/breach", {**sent, "sent_on": str(today)})
    assert desk.call("DELETE", f"{where}/breach").status_code == 200
    assert desk.post(f"{where}/terminate", {"reason": "both want it", "ends_the_contract": False}).status_code == 422
    ended = desk.post(f"{where}/terminate", {**SURE, "reason": "both want it", "waives_period": True}).json()
    assert ended["state"] == "terminated"


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
