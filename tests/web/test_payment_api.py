"""Payments, answers to the ladder of late payment, and a client's choices by the API: each by who may, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.control.billing import invoice_days
from ecluse.control.billing.dunning import NoticeKind
from ecluse.control.billing.models import Invoice, Notice
from ecluse.control.contracts import catalogue, queries
from ecluse.control.contracts.change_notices import ChangeTerms, publish_change
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role, program_of
from tests.web.things import breached, invoiced

MAY = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def invoice(cast):
    """Of 180.00 EUR, received forty days ago."""
    with scope(client=cast.one):
        row = invoiced(cast.one)
        day = invoice_days.today() - timedelta(days=40)
        Invoice.objects.update(dated=day, received_on=day)
        return row


@pytest.fixture
def desk(cast):
    return program_of(cast.people[Role.BILLING], None, Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS)


@pytest.fixture
def owner(cast):
    return program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_BILLING, Permission.ACCEPT_CONTRACTS)


def money(amount, **more):
    return {"amount": amount, "paid_on": str(invoice_days.today()), "means": "transfer", **more}


def test_6_5_a_payment_is_entered_once_and_taken_back_and_both_are_listed(cast, desk, owner, invoice):
    where = f"clients/{cast.one.pk}/invoices/{invoice.pk}/payments"
    once = {"Idempotency-Key": "line-4711"}
    first = desk.post(where, money("100.00", reference="One F1"), **once)
    again = desk.post(where, money("100.00", reference="One F1"), **once)
    assert (first.status_code, first.json()["left"]) == (201, "80.00")
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert entries(cast.one.pk)[0].action == "invoice.paid"
    assert (entries(cast.one.pk)[0].actor_kind, entries(cast.one.pk)[0].actor_name) == ("api-key", "sync")
    assert desk.post(f"{where}/taken-back", money("40.00", means="cheque")).json()["left"] == "120.00"
    for listed in (desk, owner):
        told = listed.get(f"clients/{cast.one.pk}/payments").json()["items"]
        assert [(each["invoice"], each["amount"], each["means"]) for each in told] == [
            (invoice.reference, "-40.00", "cheque"),
            (invoice.reference, "100.00", "transfer"),
        ]


def test_what_is_no_payment_is_told_and_nothing_is_entered(cast, desk, owner, invoice):
    where = f"clients/{cast.one.pk}/invoices/{invoice.pk}/payments"
    tomorrow = str(invoice_days.today() + timedelta(days=1))
    for wrong in ("1", "1.5", "-1.00", "1e3", "\u0661.00", 1.5):
        assert desk.post(where, money(wrong)).status_code == 422, wrong
    assert desk.post(where, money("1.00", means="advance")).status_code == 422
    assert desk.post(where, money("1.00", paid_on=tomorrow)).json()["errors"][0]["where"] == "body.paid_on"
    assert desk.post(where, money("180.01")).status_code == 409  # More than is left.
    assert desk.post(where, money("0.00")).status_code == 409
    assert desk.post(f"{where}/taken-back", money("0.01")).status_code == 409  # Nothing came.
    assert owner.post(where, money("1.00")).status_code == 403
    assert desk.get(f"clients/{cast.one.pk}/payments").json()["items"] == []


def test_6_9_rungs_that_wait_are_listed_for_the_provider_and_answered_once(cast, desk, owner, invoice):
    with scope(client=cast.one):
        values = {"client_id": cast.one.pk, "proposed_at": timezone.now()}
        warned, cut = (
            Notice.objects.create(invoice=invoice, kind=kind, **values)
            for kind in (NoticeKind.FORMAL_NOTICE, NoticeKind.TERMINATION)
        )
    told = desk.get("notices").json()["items"]
    assert [(each["id"], each["kind"], each["left"]) for each in told] == [
        (warned.pk, "formal-notice", "180.00"),
        (cut.pk, "termination", "180.00"),
    ]
    assert owner.get("notices").status_code == 404
    where = f"clients/{cast.one.pk}/notices"
    assert owner.post(f"{where}/{warned.pk}/answer", {"is_approved": True}).status_code == 403
    assert desk.post(f"{where}/{warned.pk}/answer", {"is_approved": False}).status_code == 409  # No reason.
    answered = desk.post(f"{where}/{warned.pk}/answer", {"is_approved": True, "letter": "1A 234"}).json()
    assert (answered["approved_at"] is None, answered["declined_at"]) == (False, None)
    assert desk.post(f"{where}/{warned.pk}/answer", {"is_approved": True}).status_code == 409
    assert desk.post(f"{where}/{cut.pk}/answer", {"is_approved": False, "why": "They called."}).json()["declined_at"]
    assert desk.get("notices").json()["items"] == []


def test_10_6_an_owners_key_chooses_once_and_ends_nothing_by_a_slip(cast, owner):
    with time_machine.travel(MAY, tick=False):
        with scope(client=cast.one):
            row = breached(invoiced(cast.one).contract)
        where = f"clients/{cast.one.pk}/sla/breaches/{row.pk}"
        open_one = owner.get(where).json()
        told = (open_one["is_open"], open_one["kind"], open_one["percent"], open_one["credit"], open_one["choice"])
        assert told == (True, "availability", "10", "1.25", "")
        slip = owner.post(f"{where}/choice", {"remedy": "terminate"}).json()
        assert slip["errors"][0]["where"] == "body.ends_the_contract"
        assert (
            program_in_role(cast, Role.ADMINISTRATOR).post(f"{where}/choice", {"remedy": "credit"}).status_code == 403
        )
        assert owner.post(f"{where}/choice", {"remedy": "credit"}).json()["choice"] == "credit"
        assert owner.post(f"{where}/choice", {"remedy": "credit"}).status_code == 409
        assert entries(cast.one.pk)[0].action == "sla.remedy-chosen"


def test_3_8_an_owners_key_leaves_for_a_change_it_was_told_of(cast, owner, monkeypatch):
    monkeypatch.setattr("tests.control.billed.client", lambda _: cast.one)
    contract, today = begun_contract("one"), invoice_days.today()
    catalogue.publish_terms("2026-06", "You pay more.", by=OPERATOR)
    publish_change(ChangeTerms("Dearer", "Plus cher.", "Dearer.", True, today), by=OPERATOR)
    where = f"clients/{cast.one.pk}/contracts/{contract.pk}/changes"
    [told] = owner.get(where).json()["items"]
    assert (told["title"], told["may_leave"], told["is_unfavourable"]) == ("Dearer", True, True)
    leave = f"{where}/{told['id']}/leave"
    assert owner.post(leave, {"leaves_on": str(today), "ends_the_contract": False}).status_code == 422
    assert owner.post(leave, {"leaves_on": "2020-01-01", "ends_the_contract": True}).status_code == 409
    left = owner.post(leave, {"leaves_on": str(today), "ends_the_contract": True}).json()
    assert left == {"contract": contract.reference, "leaves_on": str(today)}
    assert owner.get(where).status_code == 401  # Keys end with the contract (16-3).
    with scope(client=cast.one):
        assert queries.find_contract(contract.pk).state == "terminated"


def line(label, amount="100.00", **more):
    return {"booked_on": str(invoice_days.today()), "label": label, "amount": amount, **more}


def test_6_5_lines_of_the_bank_are_kept_once_and_answered_once(cast, desk, owner, invoice):
    sent = {"lines": [line(f"VIR ONE {invoice.reference}"), line("RENT", "7.00"), line("RENT", "7.00", reference="2")]}
    assert desk.post("bank-lines", sent).json() == {"new": 3, "known": 0}
    assert desk.post("bank-lines", {"lines": sent["lines"][:1]}).json() == {"new": 0, "known": 1}
    other, rent, paid = desk.get("bank-lines").json()["items"]
    proposal = {"client_id": cast.one.pk, "client": "One", "why": "named", "invoices": [invoice.reference]}
    assert (paid["proposal"], rent["proposal"]) == (proposal | {"left": "0.00"}, None)
    for refused in ("Nobody", "F2020-00001"):
        assert desk.post(f"bank-lines/{paid['id']}/apply", {"to": refused}).status_code == 409
    to_invoice = {"to": invoice.reference}
    done = desk.post(f"bank-lines/{paid['id']}/apply", to_invoice)
    assert (done.status_code, done.json()["client_id"], done.json()["left"]) == (200, cast.one.pk, "0.00")
    assert desk.post(f"bank-lines/{paid['id']}/apply", to_invoice).status_code == 409
    assert desk.post(f"bank-lines/{rent['id']}/apply", {"to": "One"}).json()["left"] == "7.00"  # An advance.
    assert desk.post(f"bank-lines/{other['id']}/ignore").json()["ignored_at"]
    assert desk.post(f"bank-lines/{other['id']}/ignore").status_code == 409
    assert desk.get("bank-lines").json()["items"] == []
    assert desk.post(f"bank-lines/{paid['id'] + 99}/ignore").status_code == 404
    told = owner.get(f"clients/{cast.one.pk}/payments").json()["items"]
    assert [(each["amount"], each["means"], each["reference"]) for each in told] == [
        ("100.00", "transfer", f"VIR ONE {invoice.reference}")
    ]


def test_what_is_no_line_is_told_and_nothing_is_kept(desk, owner, invoice):
    tomorrow = str(invoice_days.today() + timedelta(days=1))
    for wrong in (line("x", "0.00"), line("x", "-1.00"), line("x", booked_on=tomorrow), line(" "), line("x\0")):
        assert desk.post("bank-lines", {"lines": [line("y"), wrong]}).status_code == 422, wrong
    assert desk.post("bank-lines", {"lines": []}).status_code == 422
    assert owner.get("bank-lines").status_code == 404
    assert desk.get("bank-lines").json()["items"] == []
