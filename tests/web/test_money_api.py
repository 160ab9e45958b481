"""What the provider does with money, by the API: each by the service that its page calls, with the same scope."""

from __future__ import annotations

from base64 import b64decode
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.control.billing import invoice_days
from ecluse.control.billing.books import book_due
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.billing.models import Invoice, Notice, NoticeKind, NoticePaper, PlatformEvent
from ecluse.control.contracts import catalogue
from tests.control.cast import OPERATOR
from tests.web.programs import BODIES, program_of
from tests.web.things import invoiced, offered


@pytest.fixture
def invoice(cast):
    """Of 150.00 EUR and 30.00 EUR of tax."""
    with scope(client=cast.one):
        return invoiced(cast.one)


@pytest.fixture
def desk(cast):
    return program_of(cast.people[Role.BILLING], None, Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS)


@pytest.fixture
def owner(cast):
    return program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_BILLING, Permission.ACCEPT_CONTRACTS)


def money(amount, **more):
    return {"amount": amount, "paid_on": str(invoice_days.today()), "means": "transfer", **more}


def test_invoices_of_all_clients_stand_in_one_list_that_is_narrowed(cast, desk, owner, invoice):
    with scope(client=cast.two):
        other = invoiced(cast.two)
    where = f"clients/{cast.one.pk}/invoices/{invoice.pk}"
    note = desk.post(f"{where}/credit-notes", {"net": "150.00", "reason": "All of it"}).json()
    both = [(other.reference, "Two", "180.00"), (invoice.reference, "One", "0.00")]
    tomorrow = invoice_days.today() + timedelta(days=1)
    for query, wanted in (
        ("", [(note["reference"], "One", "0.00"), *both]),
        ("?kind=380", both),
        ("?q=tWo", both[:1]),
        ("?is_open=true", both[:1]),
        ("?is_open=false&kind=380", both[1:]),
        (f"?dated_from={tomorrow}", []),
        (f"?dated_until={invoice.dated}&kind=380&limit=1", both[:1]),
    ):
        told = desk.get(f"invoices{query}").json()["items"]
        assert [(each["reference"], each["client"], each["left"]) for each in told] == wanted, query
    first = desk.get("invoices?kind=380&limit=1").json()
    assert desk.get(f"invoices?kind=380&after={first['next']}").json()["items"][0]["id"] == invoice.pk
    assert [desk.get(f"invoices?{wrong}").status_code for wrong in ("kind=1", "dated_from=x", "q=%00")] == [422] * 3
    assert [owner.get(path).status_code for path in ("invoices", "invoices/not-invoiced")] == [404, 404]


def test_what_cannot_be_invoiced_says_whom_it_lacks(cast, desk, invoice):
    assert desk.get("invoices/not-invoiced").json() == {"items": []}
    began = invoice_days.today().replace(day=1) - timedelta(days=40)
    with scope(client=cast.two):
        contract = offered(cast.two)
        type(contract).objects.filter(pk=contract.pk).update(first_day=began, period_months=12)
    [told] = desk.get("invoices/not-invoiced").json()["items"]
    assert (told["contract"], told["client"], told["lacking"]) == (contract.reference, "Two", "buyer")


def test_6_5_an_invoice_is_credited_and_what_was_paid_too_much_pays_it_again_or_goes_back(cast, desk, owner, invoice):
    where = f"clients/{cast.one.pk}/invoices/{invoice.pk}"
    paid = desk.post(f"{where}/payments", money("180.00"))
    once = {"Idempotency-Key": "credit-1"}
    note = desk.post(f"{where}/credit-notes", {"net": "10.00", "reason": "Geste"}, **once)
    again = desk.post(f"{where}/credit-notes", {"net": "10.00", "reason": "Geste"}, **once)
    assert (paid.status_code, note.status_code, again.content) == (201, 201, note.content)
    assert (note.json()["kind"], note.json()["net"], note.json()["gross"]) == ("381", "10.00", "12.00")
    kept = desk.post(f"{where}/payments/overpaid").json()
    assert (kept["amount"], kept["in_advance"]) == ("12.00", "12.00")
    assert desk.post(f"{where}/payments/overpaid").status_code == 409
    assert desk.post(f"{where}/payments/advance").status_code == 409  # Nothing is left to pay.
    desk.post(f"{where}/payments/taken-back", money("5.00"))
    used = desk.post(f"{where}/payments/advance").json()
    assert (used["amount"], used["means"], used["left"]) == ("5.00", "advance", "0.00")
    back = f"clients/{cast.one.pk}/advances/given-back"
    assert desk.post(back, money("7.01")).status_code == 409
    assert desk.post(back, money("7.00", reference="VIR 1")).json()["in_advance"] == "0.00"
    assert (entries(cast.one.pk)[0].action, entries(cast.one.pk)[0].actor_kind) == ("advance.entered", "api-key")
    for wrong in ({"net": "0.10", "reason": " "}, {"net": "0.10", "reason": "a\x01b"}, {"net": "-1.00", "reason": "x"}):
        assert desk.post(f"{where}/credit-notes", wrong).status_code == 422, wrong
    for refused in ("140.01", "0.00"):
        assert desk.post(f"{where}/credit-notes", {"net": refused, "reason": "x"}).status_code == 409
    for path in ("credit-notes", "copies", "payments/advance", "payments/overpaid"):
        body = {"net": "0.10", "reason": "x"} if path == "credit-notes" else None
        assert owner.post(f"{where}/{path}", body).status_code == 403, path


def test_6_6_that_it_was_received_is_noted_once_and_a_copy_is_sent_again(cast, desk, owner, invoice):
    where, today = f"clients/{cast.one.pk}/invoices/{invoice.pk}", invoice_days.today()
    with scope(client=cast.one):
        Invoice.objects.update(dated=today - timedelta(days=40), sent_at=None)
    for day, status in (
        (today + timedelta(days=1), 422),
        (today - timedelta(days=41), 409),
        (today, 200),
        (today, 409),
    ):
        assert desk.call("PUT", f"{where}/received", {"received_on": str(day)}).status_code == status, day
    [told] = desk.get("invoices").json()["items"]
    assert (told["received_on"], told["due"], told["is_unsent"]) == (
        str(today),
        str(invoice_days.due_on(today)),
        True,
    )
    assert desk.post(f"{where}/copies").status_code == 409  # It is about to be sent.
    with scope(client=cast.one):
        Invoice.objects.update(sent_at=invoice.made_at)
    assert [desk.post(f"{where}/copies").status_code for _ in "ab"] == [202, 409]
    assert owner.call("PUT", f"{where}/received", {"received_on": str(today)}).status_code == 403


def test_who_invoices_is_the_providers_word_and_what_contradicts_itself_is_told_at_its_place(cast, desk, owner):
    said = BODIES["set_seller"]
    assert desk.get("seller").status_code == 404
    done = desk.call("PUT", "seller", said | {"capital": "1000.00", "registered_in": "Toulouse"})
    assert (done.status_code, done.json()["siret"], done.json()["address"]["country"]) == (200, "73282932000074", "FR")
    assert desk.get("seller").json() == done.json()
    for wrong, at in (
        ({"vat_number": "FR83404833048"}, "body.vat_number"),
        ({"vat_number": "BE0428759497"}, "body.vat_number"),
        ({"siret": "73282932000075"}, "body.siret"),
        ({"iban": "FR76"}, "body.iban"),
        ({"bic": ""}, "body.bic"),
        ({"email": "nobody"}, "body.email"),
        ({"name": "Pa\x0bris"}, "body.name"),
        ({"name": "\ufffe"}, "body.name"),
        ({"address": said["address"] | {"country": "BE"}}, "body.address.country"),
    ):
        answer = desk.call("PUT", "seller", said | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, at), wrong
    assert desk.call("PUT", "seller", {k: v for k, v in said.items() if k != "taxed_on_debits"}).status_code == 422
    assert desk.get("seller").json() == done.json()
    assert [owner.call(method, "seller", said).status_code for method in ("GET", "PUT")] == [404, 404]


def test_3_6_as_what_a_client_is_invoiced_with_its_tax(cast, desk, owner):
    where, said = f"clients/{cast.one.pk}/buyer", BODIES["set_buyer"]
    assert owner.get(where).status_code == 404
    done = desk.call("PUT", where, said | {"exempt_reason": "Article 294-1 du CGI"})
    assert (done.status_code, done.json()["siren"], done.json()["exempt_reason"][:7]) == (200, "732829320", "Article")
    assert owner.get(where).json() == desk.get(where).json() == done.json()
    assert entries(cast.one.pk)[0].action == "buyer.set"
    belgian = said["address"] | {"country": "BE"}
    for wrong, at in (
        ({"siren": ""}, "body.siren"),
        ({"address": belgian, "siren": ""}, "body.vat_number"),
        ({"vat_number": "BE0428759497"}, "body.vat_number"),
        ({"address": said["address"] | {"country": "XX"}}, "body.address.country"),
        ({"order_reference": "PO\x017"}, "body.order_reference"),
    ):
        answer = desk.call("PUT", where, said | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, at), wrong
    assert owner.call("PUT", where, said).status_code == 403
    own = BODIES["correct_buyer"]
    moved = owner.call("PUT", f"{where}/own", own | {"name": "One & Fils"}).json()
    assert (moved["name"], moved["exempt_reason"]) == ("One & Fils", "Article 294-1 du CGI")
    for wrong, status in (
        ({"address": own["address"] | {"country": "CH"}, "siren": ""}, 409),  # Another tax.
        ({"exempt_reason": ""}, 422),
        ({"siren": ""}, 422),
    ):
        assert owner.call("PUT", f"{where}/own", own | wrong).status_code == status, wrong
    assert desk.call("PUT", f"{where}/own", own).status_code == 403
    assert desk.get(where).json() == moved
    seeing = program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_BILLING)
    assert seeing.get(where).status_code == 403


def test_6_7_what_late_payment_costs_is_asked_for_or_waived_and_rates_are_entered(cast, desk, owner, invoice):
    with scope(client=cast.one):
        contract, kinds = invoice.contract, (LineKind.RECOVERY, LineKind.LATE_PENALTY, LineKind.SUPPORT)
        for number, kind in enumerate(kinds):
            add_line(contract, Coming(kind, "Dû", Decimal("40.00"), f"{kind}:{number}"), by=OPERATOR)
    told = desk.get("late-claims").json()
    assert [(each["client"], each["kind"], each["net"]) for each in told["items"]] == [
        ("One", "recovery-indemnity", "40.00"),
        ("One", "late-penalty", "40.00"),
    ]
    where = f"clients/{cast.one.pk}"
    waived, support = told["items"][0]["id"], desk.get(f"{where}/account").json()["coming"][-1]["id"]
    for line in (waived, support):
        path = f"{where}/coming-lines/{line}/waive"
        assert owner.post(path, {"why": "x"}).status_code == 403
        assert desk.post(path, {"why": ""}).status_code == 422
        assert [desk.post(path, {"why": "kept"}).status_code for _ in "ab"] == [200, 409]
    asked = desk.post(f"{where}/late-claims/invoice")
    assert (asked.status_code, asked.json()["purpose"], asked.json()["gross"]) == (201, "late", "40.00")
    assert desk.post(f"{where}/late-claims/invoice").status_code == 409
    assert (desk.get("late-claims").json()["items"], owner.get("late-claims").status_code) == ([], 404)
    half_year = told["unknown_half_years"][-1]
    assert desk.post("key-rates", {"half_year": half_year, "percent": "2.40"}).status_code == 201
    rates = desk.post("key-rates", {"half_year": half_year, "percent": "2.15"}).json()
    assert {"half_year": half_year, "percent": "2.15", "is_entered": True} in rates["items"]
    assert half_year not in desk.get("key-rates").json()["unknown_half_years"]
    for wrong, status in (("2025-01-01", 409), ("2026-08-01", 409), ("9999-01-01", 409), ("x", 422)):
        assert desk.post("key-rates", {"half_year": wrong, "percent": "2.15"}).status_code == status, wrong
    assert desk.post("key-rates", {"half_year": half_year, "percent": "50.01"}).status_code == 409


def test_6_9_the_letter_of_a_rung_is_fetched_by_the_provider_alone(cast, desk, owner, invoice):
    body = b"%PDF-1.7 letter"
    with scope(client=cast.one):
        notice = Notice.objects.create(
            client=cast.one, invoice=invoice, kind=NoticeKind.FORMAL_NOTICE, proposed_at=timezone.now()
        )
        values = {"client": cast.one, "left": Decimal("180.00"), "made_at": timezone.now(), "body": body}
        row = NoticePaper.objects.create(notice=notice, sha256=sha256(body).hexdigest(), **values)
    [told] = desk.get("notices").json()["items"]
    assert [(each["id"], each["left"]) for each in told["papers"]] == [(row.pk, "180.00")]
    where = f"clients/{cast.one.pk}/notices/{notice.pk}/papers/{row.pk}"
    assert b64decode(desk.get(where).json()["pdf"]) == body
    assert owner.get(where).status_code == 404
    with scope(client=cast.one):
        NoticePaper.objects.update(body=b"changed")
    assert desk.get(where).status_code == 404


def test_what_the_platform_and_the_ladder_told_of_an_invoice_is_read_by_the_provider_alone(cast, desk, owner, invoice):
    where, now = f"clients/{cast.one.pk}/invoices/{invoice.pk}", timezone.now()
    assert desk.get(f"{where}/platform").json() == {"deposited_at": None, "items": []}
    assert desk.get(f"{where}/notices").json() == {"items": []}
    body = b"%PDF-1.7 letter"
    with scope(client=cast.one):
        Invoice.objects.filter(pk=invoice.pk).update(deposited_at=now)
        for status, reason, hours in (("213", "BT-29 wrong", 2), ("200", "", 1)):
            at = now + timedelta(hours=hours)
            PlatformEvent.objects.create(client=cast.one, invoice=invoice, status=status, at=at, reason=reason)
        values = {"client": cast.one, "invoice": invoice}
        Notice.objects.create(kind=NoticeKind.REMINDER, proposed_at=now, approved_at=now, sent_at=now, **values)
        later = now + timedelta(days=15)
        said = {"declined_at": later, "declined_why": "they called", "letter": "1A 2"}
        formal = Notice.objects.create(kind=NoticeKind.FORMAL_NOTICE, proposed_at=later, **said, **values)
        drawn = {"client": cast.one, "left": Decimal("180.00"), "made_at": later, "body": body}
        paper = NoticePaper.objects.create(notice=formal, sha256=sha256(body).hexdigest(), **drawn)
    words = desk.get(f"{where}/platform").json()
    assert words["deposited_at"]
    told = [(each["status"], each["name"], each["reason"]) for each in words["items"]]
    assert told == [("200", "deposited", ""), ("213", "rejected", "BT-29 wrong")]
    reminder, declined = desk.get(f"{where}/notices").json()["items"]
    assert (reminder["kind"], bool(reminder["sent_at"]), reminder["papers"]) == ("reminder", True, [])
    assert (declined["kind"], declined["declined_why"], declined["sent_at"]) == ("formal-notice", "they called", None)
    assert [(each["id"], each["left"]) for each in declined["papers"]] == [(paper.pk, "180.00")]
    writing = program_of(cast.people[Role.BILLING], None, Permission.CHANGE_CONTRACTS)
    for path in ("platform", "notices"):
        assert [each.get(f"{where}/{path}").status_code for each in (owner, writing)] == [404, 403]
        assert desk.get(f"{where}9999/{path}").status_code == 404


def test_the_accountants_program_names_accounts_and_fetches_a_year(cast, desk, owner, invoice):
    known = desk.get("books/accounts").json()
    assert desk.call("PUT", "books/accounts", known | {"clients": "bank"}).status_code == 422
    assert desk.call("PUT", "books/accounts", {"clients": "411001"}).status_code == 422  # All of them, or none.
    named = desk.call("PUT", "books/accounts", known | {"clients": "411one"}).json()
    assert named == desk.get("books/accounts").json() == known | {"clients": "411ONE"}
    assert desk.get("books/years").json() == {"items": [], "waiting": 1}
    book_due()
    told = desk.get("books/years").json()
    [year] = told["items"]
    assert (told["waiting"], year["entries"], year["closed_at"]) == (0, 1, None)
    where = f"books/years/{year['id']}"
    file = desk.get(f"{where}/export").json()
    assert file["name"] == f"732829320FEC{year['last'].replace('-', '')}.txt"
    assert "\t411ONE\tClients\t" in b64decode(file["content"]).decode()
    assert desk.post(f"{where}/close").status_code == 409  # It is not over.
    assert desk.post(f"{where}/end", {"last": year["first"]}).status_code == 409
    later = str(date.fromisoformat(year["last"]) + timedelta(days=31))
    assert desk.post(f"{where}/end", {"last": later}).json()["last"] == later
    assert desk.get("books/years/999999/export").status_code == 404
    with time_machine.travel(datetime.fromisoformat(later) + timedelta(days=400), tick=False):
        key = program_of(cast.people[Role.BILLING], None, Permission.CHANGE_CONTRACTS)
        assert key.post(f"{where}/close").json()["closed_at"]
        assert key.post(f"{where}/close").status_code == 409


def test_a_key_that_sees_billing_reads_the_books_and_writes_nothing_in_them(cast, desk, owner, invoice):
    book_due()
    catalogue.publish_terms("2026-01-read", "You pay.", by=OPERATOR)
    terms, [year] = catalogue.newest_terms().pk, desk.get("books/years").json()["items"]
    seeing = program_of(cast.people[Role.BILLING], None, Permission.SEE_BILLING)
    writing = program_of(cast.people[Role.BILLING], None, Permission.CHANGE_CONTRACTS)
    reads = (
        "seller",
        "key-rates",
        "books/accounts",
        "books/years",
        f"books/years/{year['id']}/export",
        "price-lists",
        "terms-of-sale",
        f"terms-of-sale/{terms}",
    )
    for path in reads:
        assert [each.get(path).status_code for each in (seeing, writing, owner)] == [200, 200, 404], path
    before = [seeing.get(path).json() for path in reads]
    end = f"books/years/{year['id']}"
    writes = (
        ("PUT", "seller", "set_seller"),
        ("POST", "key-rates", "enter_key_rate"),
        ("PUT", "books/accounts", "name_accounts"),
        ("POST", f"{end}/end", "end_financial_year"),
        ("POST", f"{end}/close", None),
        ("POST", "price-lists", "publish_price_list"),
        ("POST", "terms-of-sale", "publish_terms"),
    )
    for method, path, body in writes:
        assert seeing.call(method, path, BODIES.get(body)).status_code == 403, path
    assert [seeing.get(path).json() for path in reads] == before
