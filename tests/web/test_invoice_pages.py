"""Invoices in the console: the client reads its own, the provider enters what came and gives back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.billing import invoice_days, invoices, queries
from ecluse.control.billing.models import BuyerVersion, PlatformEvent
from ecluse.domain.invoice_status import PlatformStatus
from tests.web.things import invoiced, offered


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


@pytest.fixture
def invoice(cast):
    """Of 150.00 EUR and 30.00 EUR of tax."""
    with scope(client=cast.one):
        return invoiced(cast.one)


def page_of(cast, invoice):
    return f"/clients/{cast.one.pk}/service/invoices/{invoice.pk}/"


def act(cast, browser, invoice, what, **form):
    return browser.post(f"{page_of(cast, invoice)}act", {"act": what, **form}, follow=True)


def left(cast, invoice):
    with scope(client=cast.one):
        return invoices.balance(invoice)


def test_the_client_reads_and_downloads_its_own(cast, invoice):
    browser = cast.browser(Role.OWNER)
    page = browser.get(f"/clients/{cast.one.pk}/invoices/").text
    assert invoice.reference in page
    assert "180.00 EUR" in page
    answer = browser.get(f"/clients/{cast.one.pk}/invoices/{invoice.pk}/file")
    assert (answer.content, answer.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{invoice.reference}.pdf"'


@pytest.mark.parametrize("who", [Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER])
def test_others_of_the_client_do_not(cast, invoice, who):
    browser = cast.browser(who)
    assert browser.get(f"/clients/{cast.one.pk}/invoices/").status_code == 403
    assert browser.get(f"/clients/{cast.one.pk}/invoices/{invoice.pk}/file").status_code == 403


def test_a_file_that_was_changed_is_given_to_nobody(cast, invoice):
    with scope(client=cast.one):
        type(invoice.file).objects.update(body=b"changed")
    assert cast.browser(Role.OWNER).get(f"/clients/{cast.one.pk}/invoices/{invoice.pk}/file").status_code == 404


def test_payments_are_entered_until_nothing_is_left(cast, billing, invoice):
    today = str(invoice_days.today())
    form = {"amount": "80,50", "on": today, "means": "transfer", "reference": "One F1"}
    page = act(cast, billing, invoice, "pay", **form).text
    assert "80.50 EUR, transfer, One F1" in page
    assert "99.50 EUR" in page
    assert invoice.reference in billing.get("/provider/invoices/?shown=open").text
    act(cast, billing, invoice, "pay", **form | {"amount": "99.50"})
    assert left(cast, invoice) == Decimal("0.00")
    assert invoice.reference not in billing.get("/provider/invoices/?shown=open").text
    assert invoice.reference in billing.get("/provider/invoices/").text


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "180.01"},
        {"amount": "NaN"},
        {"amount": "-1"},
        {"amount": "1e999"},
        {"amount": "1e-9"},
        {"amount": "1.001"},
        {"amount": ""},
        {"on": "2999-01-01"},
        {"on": "2026-02-30"},
        {"on": ""},
        {"means": "shells"},
    ],
)
def test_what_is_no_payment_says_so(cast, billing, invoice, changed):
    form = {"amount": "1.00", "on": str(invoice_days.today()), "means": "cheque", **changed}
    assert "A payment has a day that has come" in act(cast, billing, invoice, "pay", **form).text
    assert left(cast, invoice) == invoice.gross


def test_a_credit_note_is_issued_from_the_page_with_the_tax_that_was_asked(cast, billing, invoice):
    assert "A credit note has a reason" in act(cast, billing, invoice, "credit", amount="10.00").text
    for amount in ("1e9999999", "1e-9999999"):
        assert "A credit note has a reason" in act(cast, billing, invoice, "credit", amount=amount, reason="x").text
    page = act(cast, billing, invoice, "credit", amount="10.00", reason="Crédit 10-2").text
    assert "12.00 EUR, Crédit 10-2" in page
    assert left(cast, invoice) == Decimal("168.00")
    with scope(client=cast.one):
        (note,) = invoice.credit_notes.all()
    assert "Corrects" in billing.get(page_of(cast, note)).text


def test_it_is_received_once_and_late_after_thirty_days(cast, billing, invoice):
    act(cast, billing, invoice, "receive", on=str(invoice.dated))
    assert "and once" in act(cast, billing, invoice, "receive", on=str(invoice.dated)).text
    day = invoice.dated + timedelta(days=30)
    with scope(client=cast.one):
        row = queries.find_invoice(invoice.pk)
        assert (queries.standing_of(row, day).due, queries.standing_of(row, day).is_late) == (day, False)
        assert queries.standing_of(row, day + timedelta(days=1)).is_late


def test_what_waits_for_who_sells_or_buys_is_told(cast, billing, invoice):
    with scope(client=cast.two):
        contract = offered(cast.two)
        type(contract).objects.filter(pk=contract.pk).update(first_day=invoice.period_start, period_months=12)
        BuyerVersion.objects.all().delete()
    page = billing.get("/provider/invoices/").text
    assert f"{contract.reference} of Two cannot be invoiced" in page
    assert "as what the client is invoiced" in page


def test_a_copy_is_sent_once_more(cast, billing, invoice):
    assert "It is about to be sent" in act(cast, billing, invoice, "send").text
    with scope(client=cast.one):
        type(invoice).objects.filter(pk=invoice.pk).update(refused_at=timezone.now())
    assert "took none for this address" in billing.get(page_of(cast, invoice)).text
    act(cast, billing, invoice, "send")
    assert "not yet" in billing.get(page_of(cast, invoice)).text


def test_what_the_platform_says_stands_on_the_page(cast, billing, invoice):
    at = timezone.now()
    with scope(client=cast.one):
        type(invoice).objects.filter(pk=invoice.pk).update(deposited_at=at)
        told = {"status": PlatformStatus.REFUSED, "at": at, "reason": "wrong order"}
        PlatformEvent.objects.create(client=cast.one, invoice=invoice, **told)
    assert "refused by the client, wrong order" in billing.get(page_of(cast, invoice)).text


def test_only_who_may_changes_anything(cast, invoice):
    assert act(cast, cast.browser(Role.RESELLER), invoice, "pay").status_code == 404
    assert cast.browser(Role.OPERATOR).get(page_of(cast, invoice)).status_code == 403
    assert act(cast, cast.browser(Role.BILLING), invoice, "dance").status_code == 404
