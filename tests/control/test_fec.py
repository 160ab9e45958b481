"""The export for accountants: its columns, its order, and each entry to the cent (LPF, A47 A-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import put_off
from ecluse.control.audit.change import change
from ecluse.control.billing import advances, bank_lines, books, fec, invoices, late_claims
from ecluse.control.billing.account import account
from ecluse.control.billing.accounts import Accounts, set_accounts
from ecluse.control.billing.bank_row import BankRow
from ecluse.control.billing.booking import booked
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.models import BankLine, BookEntry, FinancialYear, Invoice
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import set_buyer, set_seller
from ecluse.control.billing.stranded import place_stranded
from ecluse.control.billing.totals import Line
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract
from ecluse.domain.errors import Impossible
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.control.test_invoices import BELGIAN
from tests.parties import SELLER

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def desk(db):
    """A year: an invoice with a credit, one of the Union, money in four ways, a credit note, penalties, an advance."""
    with time_machine.travel(datetime(2026, 1, 20, 11, tzinfo=UTC), tick=False) as clock:
        one, two = begun_contract(), begun_contract("Two")
        with scope(client=two.client):
            set_buyer(two.client, BELGIAN, by=OPERATOR)
        with scope(client=one.client):
            credit = Coming(LineKind.SLA_CREDIT, "Crédit\t10-4", Decimal("-12.50"), "sla:1")
            add_line(one, credit, by=OPERATOR)
        clock.move_to(datetime(2026, 1, 31, 11, tzinfo=UTC))
        invoices.issue_due(datetime.now(UTC))
        with scope(client=one.client):
            first = Invoice.objects.get()
            invoices.receive(first, first.dated, by=OPERATOR)
            invoices.pay(first, Received(Decimal("100.00"), date(2026, 2, 3), "cheque", "12"), by=OPERATOR)
            invoices.take_back(first, Received(Decimal("100.00"), date(2026, 2, 9), "cheque"), by=OPERATOR)
            clock.move_to(datetime(2026, 6, 1, 11, tzinfo=UTC))
            vat = read_lines(first.lines)[0].vat
            invoices.credit(
                first, [Line("Geste", Decimal(1), Decimal("9.99"), vat)], "Geste", dated=first.dated, by=OPERATOR
            )
            bank_lines.keep_rows([BankRow(date(2026, 6, 1), "VIR ONE", Decimal("500.00"))], by=OPERATOR)
            bank_lines.apply_line(BankLine.objects.get(), one.client, [first], by=OPERATOR)
            late_claims.claim_late()
            advances.use_advance(late_claims.ask_for_claims(by=OPERATOR), by=OPERATOR)
        yield one.client, two.client


def table(first=YEAR[0]):
    books.book_due()
    text = fec.export(FinancialYear.objects.get(first=first)).body.decode()
    head, *rows = [each.split("\t") for each in text.split("\r\n")[:-1]]
    return [dict(zip(head, each, strict=True)) for each in rows]


def amount(text):
    return Decimal(text.replace(",", "."))


def sums(rows, by):
    found = {}
    for each in rows:
        found[each[by]] = found.get(each[by], Decimal(0)) + amount(each["Debit"]) - amount(each["Credit"])
    return found


def test_the_file_has_the_name_and_the_eighteen_columns_of_the_law(desk):
    books.book_due()
    export = fec.export(FinancialYear.objects.get())
    assert export.name == "732829320FEC20261231.txt"
    head, _, _ = export.body.decode().partition("\r\n")
    assert head.replace("\t", " ") == (
        "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate"
        " EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
    )
    assert head.count("\t") == 17


def test_entries_are_numbered_without_a_gap_in_the_order_of_their_validation(desk):
    rows = table()
    numbers = [int(each["EcritureNum"]) for each in rows]
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert numbers == sorted(numbers)
    assert [each["ValidDate"] for each in rows] == sorted(each["ValidDate"] for each in rows)
    assert max(numbers) == 9  # 3 invoices, 1 note, 3 payments, 1 advance that was kept, 1 that was used.


def test_what_comes_later_with_an_earlier_day_renumbers_nothing(desk):
    """Nor do accounts that were named since; its own day stands beside that of its validation."""
    one, _ = desk
    before = table()
    with time_machine.travel(datetime(2026, 7, 1, 11, tzinfo=UTC), tick=False), scope(client=one):
        set_accounts(replace(Accounts(), bank="512100"), by=OPERATOR)
        advances.give_back(one, Received(Decimal("1.00"), date(2026, 2, 1), "transfer"), by=OPERATOR)
        after = table()
        assert books.book_due() == 0
    assert after[: len(before)] == before
    bank, _ = after[len(before) :]
    assert (bank["EcritureNum"], bank["EcritureDate"], bank["ValidDate"]) == ("10", "20260201", "20260701")
    assert bank["CompteNum"] == "512100"


def test_what_comes_for_a_closed_year_is_booked_on_the_first_open_day(desk):
    one, _ = desk
    before, (year,) = table(), FinancialYear.objects.all()
    with pytest.raises(Impossible):  # It is not over.
        books.close_year(year, by=OPERATOR)
    with time_machine.travel(datetime(2027, 3, 1, 11, tzinfo=UTC), tick=False), scope(client=one):
        books.close_year(year, by=OPERATOR)
        for again in (books.close_year, lambda row, by: books.end_year(row, date(2027, 2, 1), by=by)):
            with pytest.raises(Impossible):
                again(year, by=OPERATOR)
        advances.give_back(one, Received(Decimal("1.00"), date(2026, 12, 30), "transfer"), by=OPERATOR)
        with pytest.raises(Impossible):  # Something is to be booked.
            books.close_year(year, by=OPERATOR)
        late = table(date(2027, 1, 1))
        assert table() == before
    assert {(each["EcritureNum"], each["EcritureDate"], each["PieceDate"]) for each in late} == {
        ("1", "20270101", "20261230")
    }


@pytest.mark.parametrize(
    ("typed", "booked_on"), [(date(2206, 2, 3), date(2026, 6, 1)), (date(206, 2, 3), date(2025, 1, 1))]
)
def test_a_mistyped_year_begins_no_century_of_financial_years(desk, typed, booked_on):
    one, _ = desk
    with scope(client=one):
        with change(by=OPERATOR) as act:
            advances.keep(act, one, Decimal("7.00"), Received(Decimal("7.00"), typed, "cheque", "slip"))
        books.book_due()
        (entry,) = BookEntry.objects.filter(text="Avance slip")
    assert entry.on == booked_on
    assert FinancialYear.objects.count() <= 2


def test_what_cannot_be_booked_keeps_nothing_else_from_the_books_and_its_year_open(desk, monkeypatch):
    def broken(source, accounts):
        if isinstance(source, Invoice) and source.is_credit:
            raise ZeroDivisionError
        return booked(source, accounts)

    monkeypatch.setattr(books, "booked", broken)
    assert books.book_due() > 0
    assert (books.waiting(), put_off(timezone.now())) == (1, {"book an entry": 1})


def test_as_many_as_are_looked_at_at_once_that_fail_keep_nothing_later_from_the_books(desk, monkeypatch):
    def broken(source, accounts):
        if isinstance(source, Invoice):
            raise ZeroDivisionError
        return booked(source, accounts)

    monkeypatch.setattr(books, "booked", broken)
    monkeypatch.setattr(books, "AT_ONCE", 2)  # What was entered first is invoices.
    count = books.waiting()
    with scopes_disabled():
        failing = Invoice.objects.count()
    for _ in range(count):
        books.book_due()
    assert 2 < failing < count
    assert (books.waiting(), put_off(timezone.now())) == (failing, {"book an entry": failing})
    monkeypatch.setattr(books, "booked", booked)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        for _ in range(count):
            books.book_due()
        assert (books.waiting(), put_off(timezone.now())) == (0, {})


def test_a_year_ends_where_its_provider_says(desk):
    table()
    (year,) = FinancialYear.objects.all()
    # Booked after it; before it begins; too long.
    for last in (date(2026, 5, 31), date(2025, 12, 31), date(2028, 1, 1)):
        with pytest.raises(Impossible):
            books.end_year(year, last, by=OPERATOR)
    books.end_year(year, date(2026, 9, 30), by=OPERATOR)
    with time_machine.travel(datetime(2026, 10, 2, 11, tzinfo=UTC), tick=False), scope(client=desk[0]):
        advances.give_back(desk[0], Received(Decimal("1.00"), date(2026, 10, 1), "transfer"), by=OPERATOR)
        assert {each["EcritureNum"] for each in table(date(2026, 10, 1))} == {"1"}
    assert FinancialYear.objects.get(first=date(2026, 10, 1)).last == date(2027, 9, 30)


def test_what_is_settled_is_lettered_on_clients_accounts_alone(desk):
    """The invoice, its note, its payments, and the one that was taken back; not what is unpaid, nor advances."""
    rows = table()
    lettered = [each for each in rows if each["EcritureLet"]]
    assert {each["CompteNum"] for each in lettered} == {"411000"}
    assert set(sums(lettered, "EcritureLet").values()) == {Decimal(0)}
    with scopes_disabled():
        paid = {each.reference for each in Invoice.objects.all() if invoices.balance(each) == 0 and not each.is_credit}
        notes = {each.reference for each in Invoice.objects.filter(kind="381")}
    assert {each["PieceRef"] for each in lettered} == paid | notes
    assert all(bool(each["EcritureLet"]) == bool(each["DateLet"]) for each in rows)
    assert len({each["EcritureLet"] for each in lettered}) == len(paid) == 2


def test_each_entry_comes_to_nothing_and_no_line_is_both_sides(desk):
    rows = table()
    assert set(sums(rows, "EcritureNum").values()) == {Decimal(0)}
    assert all((amount(each["Debit"]) > 0) != (amount(each["Credit"]) > 0) for each in rows)
    assert all(amount(each["Debit"]) >= 0 <= amount(each["Credit"]) for each in rows)


def test_each_account_holds_what_it_should_to_the_cent(desk):
    one, two = desk
    found = sums(table(), "CompteNum")
    with scopes_disabled():
        penalty = Invoice.objects.get(purpose="late").gross - 40
    assert penalty > 0
    assert found["706000"] == Decimal("-339.60")
    assert found["706100"] == Decimal("-339.60")
    assert found["709000"] == Decimal("12.50") + Decimal("9.99")
    assert (found["763100"], found["758000"]) == (-penalty, Decimal("-40.00"))
    assert (found["512000"], found["511200"]) == (Decimal("500.00"), Decimal(0))
    with scope(client=one):
        owed_by_one, advance = account().balance, advances.in_advance()
    with scope(client=two):
        owed_by_two = account().balance
    assert found["419100"] == -advance
    assert found["411000"] + found["419100"] == owed_by_one + owed_by_two


def test_the_tax_is_that_of_invoices_and_notes(desk):
    with scopes_disabled():
        tax = sum((-each.tax if each.is_credit else each.tax) for each in Invoice.objects.all())
    found = sums(table(), "CompteNum")
    assert found["445710"] == -tax != 0  # All of it was paid, and is owed since.
    assert found["445800"] == 0


@pytest.mark.parametrize(("on_debits", "owed", "waits"), [(True, "-8.00", "0"), (False, "0", "-8.00")])
def test_tax_waits_until_it_is_paid_unless_its_seller_chose_debits(desk, on_debits, owed, waits):
    before = sums(table(), "CompteNum")
    set_seller(replace(SELLER, taxed_on_debits=on_debits), by=OPERATOR)
    with time_machine.travel(datetime(2026, 7, 1, 11, tzinfo=UTC), tick=False), scope(client=desk[0]):
        contract = Contract.objects.get()
        add_line(contract, Coming(LineKind.SUPPORT, "Assistance", Decimal("40.00"), "support:1"), by=OPERATOR)
        life.terminate(contract, "both", by=OPERATOR)
        place_stranded(datetime.now(UTC))
        after = sums(table(), "CompteNum")
    moved = {account: after[account] - before[account] for account in ("445710", "445800")}
    assert moved == {"445710": Decimal(owed), "445800": Decimal(waits)}


def test_what_was_paid_too_much_is_an_advance_in_the_books_too(desk):
    one, _ = desk
    with time_machine.travel(datetime(2026, 7, 1, 11, tzinfo=UTC), tick=False), scope(client=one):
        first = Invoice.objects.get(period_after=0)
        back = Line("Geste", Decimal(1), Decimal("5.00"), read_lines(first.lines)[0].vat)
        invoices.credit(first, [back], "Geste", dated=first.dated, by=OPERATOR)
        advances.keep_overpaid(first, by=OPERATOR)
        advance, owed = advances.in_advance(), account().balance
    rows = table()
    assert sums(rows, "CompteNum")["419100"] == -advance
    assert set(sums(rows, "EcritureNum").values()) == {Decimal(0)}
    of_one = [each for each in rows if each["CompAuxNum"] == f"CLI{one.pk:06d}"]
    assert sum(sums(of_one, "CompteNum").values()) == owed


def test_what_is_given_back_of_late_payment_is_no_reduction_of_what_was_sold(desk):
    one, _ = desk
    with time_machine.travel(datetime(2026, 7, 1, 11, tzinfo=UTC), tick=False), scope(client=one):
        asked = Invoice.objects.get(purpose="late", kind="380")
        for net in (Decimal("40.00"), Decimal("0.01")):
            back = Line("Geste", Decimal(1), net, late_claims.OUTSIDE_THE_TAX)
            invoices.credit(asked, [back], "Geste", dated=asked.dated, by=OPERATOR)
    found = sums(table(), "CompteNum")
    assert found["709000"] == Decimal("12.50") + Decimal("9.99")
    assert (found["758000"], found["763100"]) == (Decimal(0), 40 + Decimal("0.01") - asked.gross)


def test_clients_are_told_apart(desk):
    one, two = desk
    rows = [each for each in table() if each["CompteNum"] == "411000"]
    found = sums(rows, "CompAuxNum")
    with scope(client=two):
        assert found[f"CLI{two.pk:06d}"] == account().balance
    assert set(found) == {f"CLI{one.pk:06d}", f"CLI{two.pk:06d}"}
    assert all(not each["CompAuxNum"] for each in table() if each["CompteNum"].startswith("7"))


def test_what_people_wrote_breaks_no_line(desk):
    one, _ = desk
    with scope(client=one):
        note = Received(Decimal("1.00"), date(2026, 6, 2), "other", "a\tb\r\nc")
        advances.give_back(one, note, by=OPERATOR)
    (given,) = [each for each in table() if each["CompteNum"] == "580000"]
    assert given["EcritureLib"] == "Avance a b c"


def test_accounts_are_the_providers_to_name(desk):
    with pytest.raises(Impossible):
        set_accounts(replace(Accounts(), bank="bank"), by=OPERATOR)
    set_accounts(replace(Accounts(), bank="512100"), by=OPERATOR)
    assert sums(table(), "CompteNum")["512100"] == Decimal("500.00")


def test_nobody_exports_before_it_is_known_who_sells(db):
    year = FinancialYear.objects.create(first=YEAR[0], last=YEAR[1])
    with pytest.raises(Impossible):
        fec.export(year)
