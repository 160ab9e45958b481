"""Invoices: each period once, each number once and without a gap, and what is left to pay to the cent."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connections
from django_scopes import scope

from ecluse.control.audit.change import change
from ecluse.control.audit.queries import entries
from ecluse.control.billing import invoices
from ecluse.control.billing.invoices import Lacking, Received
from ecluse.control.billing.models import Invoice, Series
from ecluse.control.billing.numbering import next_number
from ecluse.control.billing.parties import PostalAddress
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import OtherTax, correct_buyer, newest_buyer, read_buyer, set_buyer, set_seller
from ecluse.control.billing.totals import STANDARD_RATE, Line, Vat, VatCategory, totals
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract
from ecluse.domain.errors import Impossible
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR
from tests.parties import BUYER, SELLER

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
WRITERS, EACH = 4, 5
FRENCH_VAT = Vat(VatCategory.STANDARD, STANDARD_RATE)
BELGIAN = replace(
    BUYER, address=PostalAddress("1 Rue Haute", "1000", "Bruxelles", "BE"), siren="", vat_number="BE0428759497"
)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def unknown(db, clock):
    """A contract between parties of whom nothing is known yet."""
    made = begun_contract(are_parties_known=False)
    with scope(client=made.client):
        yield made


@pytest.fixture
def contract(unknown):
    set_seller(SELLER, by=OPERATOR)
    set_buyer(unknown.client, BUYER, by=OPERATOR)
    return unknown


def issue(clock, when):
    clock.move_to(when)
    return invoices.issue_due(when)


@pytest.fixture
def invoice(contract, clock):
    issue(clock, datetime(2026, 1, 31, tzinfo=UTC))
    return Invoice.objects.get()


def test_6_3_a_period_is_invoiced_once_on_the_last_day_of_its_first_month(contract, clock):
    assert issue(clock, datetime(2026, 1, 30, 22, 59, tzinfo=UTC)) == 0
    assert issue(clock, datetime(2026, 1, 30, 23, tzinfo=UTC)) == 1  # Midnight in Paris.
    assert issue(clock, datetime(2026, 2, 28, tzinfo=UTC)) == 0
    row = Invoice.objects.get()
    assert (row.reference, row.dated, row.period_start, row.period_end) == (
        "F2026-00001",
        date(2026, 1, 31),
        date(2026, 1, 20),
        date(2027, 1, 19),
    )
    assert (row.net, row.tax, row.gross) == (Decimal("339.60"), Decimal("67.92"), Decimal("407.52"))
    assert totals(read_lines(row.lines)).gross == row.gross


def test_nothing_is_invoiced_before_it_is_known_who_sells_and_who_buys(unknown, clock):
    day = datetime(2026, 3, 1, tzinfo=UTC)
    assert (issue(clock, day), invoices.lacking_of(unknown)) == (0, Lacking.SELLER)
    set_seller(SELLER, by=OPERATOR)
    assert (issue(clock, day), invoices.lacking_of(unknown)) == (0, Lacking.BUYER)
    assert [each for each, _ in invoices.periods_due(day)] == [unknown]
    set_buyer(unknown.client, BUYER, by=OPERATOR)
    assert (issue(clock, day), invoices.lacking_of(unknown), invoices.periods_due(day)) == (1, None, [])
    assert Invoice.objects.get().reference == "F2026-00001"


@pytest.mark.parametrize(
    ("buyer", "tax", "category"),
    [
        (BUYER, "67.92", "S"),
        (BELGIAN, "0.00", "AE"),
        (replace(BUYER, exempt_reason="Article 294-1 du CGI"), "0.00", "E"),
    ],
)
def test_the_tax_is_that_of_the_buyer(contract, clock, buyer, tax, category):
    set_buyer(contract.client, buyer, by=OPERATOR)
    issue(clock, datetime(2026, 1, 31, tzinfo=UTC))
    row = Invoice.objects.get()
    assert (row.net, row.tax) == (Decimal("339.60"), Decimal(tax))
    assert {each.vat.category.value for each in read_lines(row.lines)} == {category}


def test_an_invoice_keeps_the_parties_that_it_was_made_out_with(contract, invoice):
    set_seller(replace(SELLER, name="Another"), by=OPERATOR)
    set_buyer(contract.client, replace(BUYER, name="Another"), by=OPERATOR)
    row = Invoice.objects.get()
    assert (row.seller.plain["name"], row.buyer.plain["name"]) == (SELLER.name, BUYER.name)


def test_3_6_a_client_keeps_true_what_it_says_but_its_tax_is_the_providers_to_say(unknown):
    one = unknown.client
    with pytest.raises(OtherTax):
        correct_buyer(one, BELGIAN, by=ADMIN)
    correct_buyer(one, BUYER, by=ADMIN)
    set_buyer(one, BELGIAN, by=OPERATOR)
    correct_buyer(one, replace(BELGIAN, name="Moved"), by=ADMIN)
    for other in (BUYER, replace(BELGIAN, exempt_reason="I say so")):
        with pytest.raises(OtherTax):
            correct_buyer(one, other, by=ADMIN)
    assert read_buyer(newest_buyer()).name == "Moved"


def test_an_exempt_client_moves_no_reason_abroad_by_itself(unknown):
    exempt = replace(BUYER, exempt_reason="Article 261 du CGI")
    set_buyer(unknown.client, exempt, by=OPERATOR)
    for other in (replace(BELGIAN, exempt_reason=exempt.exempt_reason), replace(exempt, exempt_reason="")):
        with pytest.raises(OtherTax):
            correct_buyer(unknown.client, other, by=ADMIN)
    correct_buyer(unknown.client, replace(exempt, name="Renamed"), by=ADMIN)


def test_the_trail_tells_which_fields_were_changed_and_nothing_of_what_they_say(unknown):
    set_buyer(unknown.client, BUYER, by=OPERATOR)
    set_buyer(unknown.client, replace(BUYER, invoices_to="somebody@one.example"), by=OPERATOR)
    trail = [each for each in entries(unknown.client_id) if each.action == "buyer.set"]
    assert trail[0].after == {"changed": ["invoices_to"]}
    assert "somebody" not in str([each.after for each in trail])


def test_3_5_a_renewed_contract_is_invoiced_for_its_new_period(contract, invoice, clock):
    clock.move_to(datetime(2027, 1, 20, tzinfo=UTC))
    life.turn_due(datetime.now(UTC))
    assert issue(clock, datetime(2027, 1, 30, tzinfo=UTC)) == 0
    assert issue(clock, datetime(2027, 1, 31, tzinfo=UTC)) == 1
    assert Invoice.objects.first().reference == "F2027-00001"


def test_a_worker_that_was_away_leaves_no_period_out_and_dates_none_back(contract, clock):
    """CGI, annex II, 242 nonies A: the day of issue, and numbers in the order of days."""
    late = datetime(2028, 6, 1, tzinfo=UTC)
    clock.move_to(late)
    for _ in range(4):  # As the job does it.
        invoices.issue_due(late)
        life.turn_due(late, unbilled=invoices.unbilled(late))
    found = Invoice.objects.order_by("number").values_list("series", "number", "dated", "period_start")
    assert list(found) == [("F2028", number, late.date(), date(2025 + number, 1, 20)) for number in (1, 2, 3)]


def test_what_comes_late_is_dated_the_day_in_paris_on_which_it_comes(contract, clock):
    issue(clock, datetime(2026, 12, 31, 23, tzinfo=UTC))
    row = Invoice.objects.get()
    assert (row.reference, row.dated) == ("F2027-00001", date(2027, 1, 1))


@pytest.mark.parametrize(
    ("zone", "too_early", "due"),
    [
        ("Indian/Reunion", datetime(2026, 1, 30, 22, 59, tzinfo=UTC), datetime(2026, 1, 30, 23, tzinfo=UTC)),
        ("America/Guadeloupe", datetime(2026, 1, 31, 3, 59, tzinfo=UTC), datetime(2026, 1, 31, 4, tzinfo=UTC)),
    ],
)
def test_no_invoice_comes_before_its_date_neither_in_paris_nor_where_the_client_is(
    contract, clock, zone, too_early, due
):
    Contract.objects.filter(pk=contract.pk).update(time_zone=zone)
    assert (issue(clock, too_early), issue(clock, due)) == (0, 1)
    assert Invoice.objects.get().dated == date(2026, 1, 31)


@pytest.mark.parametrize(("waives_period", "count"), [(False, 1), (True, 0)])
def test_3_17_the_period_of_a_contract_that_was_terminated_is_owed_unless_it_is_waived(
    contract, clock, waives_period, count
):
    life.terminate(contract, "both want it", waives_period=waives_period, by=OPERATOR)
    assert issue(clock, datetime(2026, 1, 31, tzinfo=UTC)) == count
    assert invoices.periods_due(datetime(2026, 2, 28, tzinfo=UTC)) == []


def test_what_is_waived_while_the_job_looks_is_not_invoiced(contract, clock, monkeypatch):
    day = datetime(2026, 1, 31, tzinfo=UTC)
    clock.move_to(day)
    seen = invoices.periods_due(day)
    life.terminate(contract, "both want it", waives_period=True, by=OPERATOR)
    monkeypatch.setattr(invoices, "periods_due", lambda _now: seen)
    assert invoices.issue_due(day) == 0


def test_no_number_is_dated_before_the_one_that_was_given_before_it(contract, clock):
    """Of whichever client that was; and a clock may be put back."""
    issue(clock, datetime(2026, 3, 5, tzinfo=UTC))
    clock.move_to(START)
    other = begun_contract("Two")
    issue(clock, datetime(2026, 3, 1, tzinfo=UTC))
    with scope(client=other.client):
        row = Invoice.objects.get()
        assert (row.reference, row.dated) == ("F2026-00002", date(2026, 3, 5))


def test_6_6_due_thirty_days_after_it_was_received(invoice):
    assert invoices.due_day(invoice) is None
    with pytest.raises(Impossible):
        invoices.receive(invoice, date(2026, 1, 30), by=OPERATOR)
    invoices.receive(invoice, date(2026, 2, 2), by=OPERATOR)
    assert invoices.due_day(invoice) == date(2026, 3, 4)
    with pytest.raises(Impossible):
        invoices.receive(invoice, date(2026, 2, 3), by=OPERATOR)


def test_payments_and_credit_notes_are_taken_off_to_the_cent(invoice):
    invoices.pay(invoice, Received(Decimal("100.01"), date(2026, 2, 10), "transfer", "One F2026-1"), by=OPERATOR)
    assert invoices.balance(invoice) == Decimal("307.51")
    note = invoices.credit(
        invoice, [Line("10-2", Decimal(1), Decimal("10.00"), FRENCH_VAT)], "10-2", dated=date(2026, 2, 11), by=OPERATOR
    )
    assert (note.reference, note.gross) == ("A2026-00001", Decimal("12.00"))
    assert invoices.balance(invoice) == Decimal("295.51")
    invoices.pay(invoice, Received(Decimal("295.51"), date(2026, 2, 12), "cheque"), by=OPERATOR)
    assert invoices.balance(invoice) == Decimal("0.00")
    with pytest.raises(Impossible):
        invoices.pay(invoice, Received(Decimal("0.01"), date(2026, 2, 12), "cheque"), by=OPERATOR)


def test_a_credit_note_is_dated_no_earlier_than_it_is_written_or_than_the_one_before_it(invoice, clock):
    line = Line("10-2", Decimal(1), Decimal("10.00"), FRENCH_VAT)
    for written, dated in ((12, 12), (11, 12), (13, 13)):
        clock.move_to(datetime(2026, 2, written, tzinfo=UTC))
        note = invoices.credit(invoice, [line], "10-2", dated=date(2026, 2, 1), by=OPERATOR)
        assert note.dated == date(2026, 2, dated)


@pytest.mark.parametrize(
    ("amount", "means"), [("0", "cheque"), ("0.004", "cheque"), ("-1", "cheque"), ("407.53", "cheque"), ("1", "shells")]
)
def test_6_5_what_is_no_payment_is_none(invoice, amount, means):
    with pytest.raises(Impossible):
        invoices.pay(invoice, Received(Decimal(amount), date(2026, 2, 10), means), by=OPERATOR)


def test_what_is_left_to_pay_is_compared_in_whole_cents(invoice):
    money = Received(Decimal("407.524"), date(2026, 2, 10), "transfer")
    assert invoices.pay(invoice, money, by=OPERATOR).amount == Decimal("407.52")
    assert invoices.balance(invoice) == Decimal("0.00")


@pytest.mark.parametrize("quantity", ["-1", "0", "0.0001"])
def test_a_credit_note_gives_something_back(invoice, quantity):
    """Or else it would be an invoice that nobody sees."""
    lines = [Line("back", Decimal(quantity), Decimal("10.00"), FRENCH_VAT)]
    with pytest.raises(Impossible):
        invoices.credit(invoice, lines, "10-1", dated=invoice.dated, by=OPERATOR)
    assert invoices.balance(invoice) == invoice.gross
    assert not Series.objects.filter(name="A2026").exists()


def test_a_credit_note_gives_back_the_tax_that_was_asked(invoice):
    line = Line("back", Decimal(1), Decimal("10.00"), Vat(VatCategory.EXEMPT))
    with pytest.raises(Impossible):
        invoices.credit(invoice, [line], "10-1", dated=invoice.dated, by=OPERATOR)


@pytest.mark.parametrize(("price", "reason", "day"), [("339.61", "10-1", 1), ("10.00", " ", 1), ("10.00", "10-1", -1)])
def test_a_credit_note_corrects_no_more_than_was_invoiced_and_says_why(invoice, price, reason, day):
    lines = [Line("back", Decimal(1), Decimal(price), FRENCH_VAT)]
    with pytest.raises(Impossible):
        invoices.credit(invoice, lines, reason, dated=invoice.dated + timedelta(days=day), by=OPERATOR)
    assert not Series.objects.filter(name="A2026").exists()


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double_however_many_write_at_once():
    """Each writer fails once in between, too: that number is given to the next."""
    given, lock = [], threading.Lock()

    def write():
        try:
            for turn in range(EACH):
                with suppress(ZeroDivisionError), change(by=OPERATOR):
                    number = next_number("F2026")[1]
                    1 // (turn - 2)
                    with lock:
                        given.append(number)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    wanted = WRITERS * (EACH - 1)
    assert sorted(given) == list(range(1, wanted + 1))
    assert Series.objects.get(name="F2026").last == wanted
