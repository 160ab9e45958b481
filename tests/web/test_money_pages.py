"""Money that came, accounts and the accountant's file, on the pages of both sides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from ecluse.control.accounts.roles import PERMISSIONS, Permission, Role
from ecluse.control.audit.models import Entry
from ecluse.control.billing import advances, invoice_days, invoices
from ecluse.control.billing.account import account
from ecluse.control.billing.accounts import newest_accounts
from ecluse.control.billing.bank_lines import waiting_lines
from ecluse.control.billing.books import book_due, financial_years
from ecluse.control.billing.coming_lines import Coming, LineKind, Share, add_line
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.totals import Line
from ecluse.control.contracts import catalogue
from tests.control.cast import OPERATOR
from tests.parties import SELLER
from tests.web.things import invoiced


@pytest.fixture
def billing(cast):
    return cast.browser(Role.BILLING)


@pytest.fixture
def invoice(cast):
    """Of 180.00 EUR."""
    with scope(client=cast.one):
        return invoiced(cast.one)


def imported(browser, text):
    file = SimpleUploadedFile("statement.csv", text.encode())
    return browser.post("/provider/invoices/bank/upload", {"file": file}, follow=True).text


def statement(*rows):
    today = invoice_days.today()
    return "Date;Libellé;Montant\n" + "".join(f"{today};{label};{amount}\n" for label, amount in rows)


def answered(browser, line, **form):
    return browser.post(f"/provider/invoices/bank/{line.pk}/act", form, follow=True).text


def test_a_statement_is_shown_first_and_entered_by_a_person(cast, billing, invoice):
    text = statement((f"VIR {invoice.reference} <b>", "200,00"), ("PRLV", "-10,00"))
    page = imported(billing, text)
    assert "1 new lines; 0 were known, 1 are money that went." in page
    assert "&lt;b&gt;" in page
    assert f"{invoice.reference} 180.00 EUR; 20.00 EUR in advance" in page
    assert f'value="{invoice.reference}"' in page
    assert "0 new lines; 1 were known" in imported(billing, text)
    (line,) = waiting_lines()
    assert "Name invoices" in answered(billing, line, act="apply", to="F2026-99999")
    assert "Name invoices" in answered(billing, line, act="apply", to="")
    assert "Entered; 20.00 EUR are kept" in answered(billing, line, act="apply", to=invoice.reference)
    assert "Name invoices" in answered(billing, line, act="apply", to=invoice.reference)
    with scope(client=cast.one):
        assert (invoices.balance(invoice), advances.in_advance()) == (0, Decimal("20.00"))


def test_a_line_is_kept_for_a_client_or_ignored(cast, billing, invoice):
    imported(billing, statement(("VIR", "5,00"), ("VIR", "6,00")))
    first, second = waiting_lines()
    assert "kept as an advance" in answered(billing, first, act="apply", to="one")
    assert "Saved." in answered(billing, second, act="ignore")
    assert "No line waits." in billing.get("/provider/invoices/bank").text
    page = billing.get(f"/clients/{cast.one.pk}/service/invoices/{invoice.pk}/").text
    assert "Pay it out of the advance" in page
    address = f"/clients/{cast.one.pk}/service/invoices/{invoice.pk}/act"
    assert "out of the advance" in billing.post(address, {"act": "advance"}, follow=True).text
    assert "Nothing is in advance" in billing.post(address, {"act": "advance"}, follow=True).text


@pytest.mark.parametrize(("text", "at"), [("", "the whole file"), ("Date;Libelle;Montant\nx;y;z\n", "line 2")])
def test_what_is_no_statement_says_where(billing, text, at):
    assert at in imported(billing, text)


def test_a_payment_is_taken_back_and_an_advance_given_back(cast, billing, invoice):
    today = str(invoice_days.today())
    with scope(client=cast.one):
        invoices.pay(invoice, invoices.Received(Decimal("80.00"), invoice_days.today(), "cheque"), by=OPERATOR)
    address = f"/clients/{cast.one.pk}/service/invoices/{invoice.pk}/act"
    form = {"act": "take-back", "amount": "80.01", "on": today, "means": "cheque"}
    assert "No more is taken back" in billing.post(address, form, follow=True).text
    assert "-80.00 EUR, cheque" in billing.post(address, form | {"amount": "80"}, follow=True).text
    back = f"/clients/{cast.one.pk}/service/invoices/account/give-back"
    assert "No more is given back" in billing.post(back, {"amount": "1", "on": today}, follow=True).text


def test_what_was_paid_too_much_is_kept(cast, billing, invoice):
    today = invoice_days.today()
    with scope(client=cast.one):
        invoices.pay(invoice, invoices.Received(invoice.gross, today, "cheque"), by=OPERATOR)
        back = Line("Geste", Decimal(1), Decimal("10.00"), read_lines(invoice.lines)[0].vat)
        invoices.credit(invoice, [back], "Geste", dated=today, by=OPERATOR)
    page = f"/clients/{cast.one.pk}/service/invoices/{invoice.pk}/"
    assert "Keep what was paid too much" in billing.get(page).text
    assert "Saved." in billing.post(f"{page}act", {"act": "keep"}, follow=True).text
    assert "No more was paid" in billing.post(f"{page}act", {"act": "keep"}, follow=True).text
    with scope(client=cast.one):
        assert advances.in_advance() == Decimal("12.00")


def test_both_sides_read_the_account(cast, billing, invoice):
    with scope(client=cast.one):
        contract = invoice.contract
        add_line(contract, Coming(LineKind.SUPPORT, "Assistance", Decimal("40.00"), "support:1"), by=OPERATOR)
        share = Share(Fraction(10))
        add_line(contract, Coming(LineKind.SLA_CREDIT, "Crédit 10-4", share, "sla:1"), by=OPERATOR)
        line = account().coming[0]
    for browser in (cast.browser(Role.OWNER), billing):
        page = browser.get(f"/clients/{cast.one.pk}/invoices/account").text
        assert invoice.reference in page
        assert "Assistance: 40.00 EUR" in page
        assert "a share of the invoice" in page
        assert f"Received under {contract.reference}" in page
    assert cast.browser(Role.ADMINISTRATOR).get(f"/clients/{cast.one.pk}/invoices/account").status_code == 403
    page = billing.post(
        f"/clients/{cast.one.pk}/service/invoices/claims/{line.pk}/waive", {"why": "kept"}, follow=True
    ).text
    assert "Assistance" not in page
    sheet = cast.browser(Role.OWNER).get(f"/clients/{cast.one.pk}/invoices/account.csv").content.decode("utf-8-sig")
    assert sheet.splitlines() == [
        "date,entry,reference,amount,balance",
        f"{invoice.dated},invoice,{invoice.reference},180.00,180.00",
    ]


def test_the_accountant_gets_a_year_by_the_accounts_that_were_entered(billing, invoice):
    page = billing.get("/provider/invoices/accounting").text
    assert "411000" in page
    form = {name: getattr(newest_accounts(), name) for name in newest_accounts().__slots__}
    wrong = billing.post("/provider/invoices/accounting", form | {"bank": "bank"}, follow=True).text
    assert "begins with a digit" in wrong
    assert "Saved." in billing.post("/provider/invoices/accounting", form | {"clients": "411001"}, follow=True).text
    book_due()
    (year,) = financial_years()
    assert "1 entry" in billing.get("/provider/invoices/accounting").text
    address = f"/provider/invoices/accounting/{year.pk}"
    answer = billing.get(f"{address}/export")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="732829320FEC{year.last:%Y%m%d}.txt"'
    assert "\t411001\tClients\t" in answer.content.decode()
    assert "closed once it is over" in billing.post(f"{address}/act", {"act": "close"}, follow=True).text
    form = {"act": "end", "last": str(year.first)}
    assert "ends after its first day" in billing.post(f"{address}/act", form, follow=True).text
    later = str(year.last + timedelta(days=31))
    assert later in billing.post(f"{address}/act", form | {"last": later}, follow=True).text


def test_who_sees_billing_alone_reads_the_books_and_writes_nothing_in_them(cast, billing, invoice, monkeypatch):
    book_due()
    catalogue.publish_terms("2026-01-read", "You pay.", by=OPERATOR)
    (year,), before = financial_years(), Entry.objects.count()
    seeing = {**PERMISSIONS, Role.READER: PERMISSIONS[Role.READER] | {Permission.SEE_BILLING}}
    monkeypatch.setattr("ecluse.control.accounts.after_end.PERMISSIONS", seeing)
    reader = cast.browser(Role.READER)
    for page, words in (
        ("invoices/seller", SELLER.name),
        ("invoices/accounting", "411000"),
        ("invoices/key-rates", "came with"),
        ("contracts/prices", "2.50"),
        ("contracts/terms", "2026-01-read"),
        ("contracts/changes", "Changes told to clients"),
    ):
        for browser, has_form in ((reader, False), (billing, True)):
            text = browser.get(f"/provider/{page}").text
            main = text[text.index("<h1") :]
            assert words in main, page
            assert ('method="post"' in main) is has_form, page
        assert reader.post(f"/provider/{page}", {}).status_code == 403, page
    assert reader.get(f"/provider/invoices/accounting/{year.pk}/export").status_code == 200
    assert reader.post(f"/provider/invoices/accounting/{year.pk}/act", {"act": "close"}).status_code == 403
    for page, there in (("invoices/", ("accounting", "seller")), ("contracts/", ("prices", "terms", "changes"))):
        text = reader.get(f"/provider/{page}").text
        assert [each for each in there if f"/{each}" not in text] == [], page
    assert 'href="/provider/contracts/quote"' not in reader.get("/provider/contracts/").text
    assert Entry.objects.count() == before


def test_who_only_reads_enters_nothing(cast, invoice):
    reader = cast.browser(Role.READER)
    assert reader.get("/provider/invoices/bank").status_code == 403
    assert cast.browser(Role.OWNER).get("/provider/invoices/accounting").status_code == 404
