"""Money that came: whose it is, entered once, and never lost (6-5, 11-1)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django_scopes import scope

from ecluse.control.audit.queries import entries
from ecluse.control.billing import advances, bank_lines, invoices, late_claims
from ecluse.control.billing.account import What, account, received_under
from ecluse.control.billing.bank_row import BankRow
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.matching import Why, named_in, propose
from ecluse.control.billing.models import Advance, BankLine, Invoice, Payment
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.queries import invoices_of_all
from ecluse.control.billing.stranded import place_stranded
from ecluse.control.billing.totals import Line
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract
from ecluse.domain.errors import Impossible
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
NOW = datetime(2026, 2, 10, 11, tzinfo=UTC)
DAY = date(2026, 2, 10)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(db, clock):
    made = begun_contract()
    with scope(client=made.client):
        yield made


@pytest.fixture
def invoice(contract, clock):
    """407.52 EUR."""
    clock.move_to(datetime(2026, 1, 31, 11, tzinfo=UTC))
    invoices.issue_due(datetime.now(UTC))
    clock.move_to(NOW)
    return Invoice.objects.get()


@pytest.fixture
def second(contract, invoice):
    """48.00 EUR, of the same client: support after the end."""
    add_line(contract, Coming(LineKind.SUPPORT, "Assistance", Decimal("40.00"), "support:1"), by=OPERATOR)
    life.terminate(Contract.objects.get(pk=contract.pk), "both", by=OPERATOR)
    place_stranded(NOW)
    return Invoice.objects.get(number=2)


def row(label="VIR ONE F2026-00001", amount="407.52", day=DAY):
    return BankRow(day, label, Decimal(amount))


def line(*args, **values):
    bank_lines.keep_rows([row(*args, **values)], by=OPERATOR)
    return BankLine.objects.latest("pk")


def proposed(kept):
    return propose(kept, invoices_of_all(DAY, is_open=True))


@pytest.mark.django_db
def test_statements_that_overlap_bring_each_line_once():
    """Two that say the same on one of them are two."""
    first = [row("A", "1.00"), row("A", "1.00"), row("B", "-5.00")]
    assert bank_lines.keep_rows(first, by=OPERATOR) == bank_lines.Imported(2, 0, 1)
    assert bank_lines.keep_rows([*first, row("A", "1.00")], by=OPERATOR) == bank_lines.Imported(1, 2, 1)
    assert bank_lines.waiting_lines().count() == 3


def test_nothing_is_paid_by_an_import(invoice):
    line()
    assert invoices.balance(invoice) == invoice.gross


def test_a_line_is_applied_once(contract, invoice):
    kept = line()
    assert bank_lines.apply_line(kept, contract.client, [invoice], by=OPERATOR) == 0
    assert invoices.balance(invoice) == 0
    for again in (
        lambda: bank_lines.apply_line(kept, contract.client, [], by=OPERATOR),
        lambda: bank_lines.ignore_line(kept, by=OPERATOR),
    ):
        with pytest.raises(Impossible):
            again()
    assert (Payment.objects.count(), Advance.objects.count()) == (1, 0)
    assert Payment.objects.get().bank_line == kept
    assert "bank-line.applied" in {each.action for each in entries(contract.client_id)}


def test_a_payment_over_several_invoices_and_too_much_is_kept(contract, invoice, second):
    kept = line("VIR ONE F2026-00001 F2026-00002", "500.00")
    assert bank_lines.apply_line(kept, contract.client, [invoice, second], by=OPERATOR) == Decimal("44.48")
    assert (invoices.balance(invoice), invoices.balance(second)) == (0, 0)
    assert (advances.in_advance(), account().balance) == (Decimal("44.48"), Decimal("-44.48"))


def test_nothing_is_entered_of_a_line_that_cannot_be_entered_whole(contract, invoice, second):
    kept = line(amount="407.52")
    with pytest.raises(Impossible):  # Nothing is left for the second.
        bank_lines.apply_line(kept, contract.client, [invoice, second], by=OPERATOR)
    assert (Payment.objects.count(), bank_lines.waiting_lines().count()) == (0, 1)


def test_another_clients_invoice_is_not_paid(contract, invoice):
    other, kept = begun_contract("Two"), line()
    with pytest.raises(Impossible):
        bank_lines.apply_line(kept, other.client, [invoice], by=OPERATOR)
    assert bank_lines.waiting_lines().count() == 1


def test_what_is_in_advance_pays_the_next_invoice_and_is_not_late(contract, invoice, clock):
    bank_lines.apply_line(line("VIR", "500.00"), contract.client, [], by=OPERATOR)
    clock.move_to(datetime(2026, 6, 1, tzinfo=UTC))
    payment = advances.use_advance(invoice, by=OPERATOR)
    assert (payment.amount, payment.paid_on, payment.means) == (invoice.gross, DAY, "advance")
    assert (advances.in_advance(), account().balance) == (Decimal("92.48"), Decimal("-92.48"))
    with pytest.raises(Impossible):
        advances.use_advance(invoice, by=OPERATOR)
    assert late_claims.claim_late() == 0
    with pytest.raises(Impossible):
        advances.give_back(contract.client, Received(Decimal("92.49"), DAY, "transfer"), by=OPERATOR)
    advances.give_back(contract.client, Received(Decimal("92.48"), DAY, "transfer"), by=OPERATOR)
    assert (advances.in_advance(), account().balance) == (0, 0)


def test_what_came_in_advance_is_not_late_by_what_came_after_it(contract, invoice, clock):
    """What came first is used first."""
    bank_lines.apply_line(line("VIR", "407.52"), contract.client, [], by=OPERATOR)
    late = date(2026, 5, 4)
    bank_lines.apply_line(line("VIR", "10.00", late), contract.client, [], by=OPERATOR)
    clock.move_to(datetime(2026, 6, 1, tzinfo=UTC))
    assert advances.use_advance(invoice, by=OPERATOR).paid_on == DAY
    assert (late_claims.claim_late(), advances.in_advance()) == (0, Decimal("10.00"))


def test_what_came_late_is_late_where_it_was_needed(contract, invoice, clock):
    bank_lines.apply_line(line("VIR", "407.51"), contract.client, [], by=OPERATOR)
    late = date(2026, 5, 4)
    bank_lines.apply_line(line("VIR", "0.02", late), contract.client, [], by=OPERATOR)
    clock.move_to(datetime(2026, 6, 1, tzinfo=UTC))
    assert advances.use_advance(invoice, by=OPERATOR).paid_on == late


def test_what_a_credit_note_took_off_a_paid_invoice_pays_another(contract, invoice, second):
    invoices.pay(invoice, Received(invoice.gross, DAY, "transfer"), by=OPERATOR)
    with pytest.raises(Impossible):
        advances.keep_overpaid(invoice, by=OPERATOR)
    back = Line("Geste", Decimal(1), Decimal("10.00"), read_lines(invoice.lines)[0].vat)
    invoices.credit(invoice, [back], "Geste", dated=invoice.dated, by=OPERATOR)
    owed = account().balance
    advances.keep_overpaid(invoice, by=OPERATOR)
    assert (invoices.balance(invoice), advances.in_advance()) == (0, Decimal("12.00"))
    advances.use_advance(second, by=OPERATOR)
    assert (invoices.balance(second), advances.in_advance()) == (Decimal("36.00"), 0)
    assert account().balance == owed == Decimal("36.00")


def test_a_cheque_that_bounced_is_taken_back(invoice):
    invoices.pay(invoice, Received(Decimal("100.00"), DAY, "cheque"), by=OPERATOR)
    for amount in ("100.01", "0", "-1"):
        with pytest.raises(Impossible):
            invoices.take_back(invoice, Received(Decimal(amount), DAY, "cheque"), by=OPERATOR)
    invoices.take_back(invoice, Received(Decimal("100.00"), DAY, "cheque"), by=OPERATOR)
    assert invoices.balance(invoice) == invoice.gross
    assert account().entries[-1].what is What.TAKEN_BACK


@pytest.mark.parametrize("means", ["advance", "shells"])
def test_nobody_enters_a_payment_out_of_an_advance_that_is_not_there(invoice, means):
    with pytest.raises(Impossible):
        invoices.pay(invoice, Received(Decimal("1.00"), DAY, means), by=OPERATOR)


def test_11_1_what_was_received_under_the_contract(contract, invoice):
    assert received_under(contract) == 0
    invoices.pay(invoice, Received(Decimal("100.00"), DAY, "cheque"), by=OPERATOR)
    invoices.pay(invoice, Received(Decimal("50.00"), DAY, "cheque"), by=OPERATOR)
    invoices.take_back(invoice, Received(Decimal("50.00"), DAY, "cheque"), by=OPERATOR)
    assert received_under(contract) == Decimal("100.00")


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("VIR F2026-00001", ["F2026-00001"]),
        ("facture f202600001/f2026 00002", ["F2026-00001", "F2026-00002"]),
        ("F2026-00001 F2026-00001", ["F2026-00001"]),
        ("REF2026-00001", []),  # Of something else.
        ("F2026-0001", []),
        ("A2026-00001", []),
        ("SCOR RF36F202600001 MERCI", ["F2026-00001"]),  # ISO 11649.
        ("RF36 F202 6000 01", ["F2026-00001"]),
        ("RF18F202600001", []),  # Its check digits are wrong.
    ],
)
def test_invoices_are_named_in_whichever_way_a_bank_spaces_them(label, found):
    assert named_in(label) == found


@pytest.mark.parametrize(
    ("label", "amount", "why", "paid", "left"),
    [
        ("VIR F2026-00001", "407.52", Why.NAMED, ["407.52"], "0.00"),
        ("VIR F2026-00001", "100.00", Why.NAMED, ["100.00"], "0.00"),
        ("F2026-00002 F2026-00001", "500.00", Why.NAMED, ["48.00", "407.52"], "44.48"),
        ("VIR SEPA ONE", "48.00", Why.AMOUNT_AND_NAME, ["48.00"], "0.00"),
        ("VIR", "48.00", Why.AMOUNT, ["48.00"], "0.00"),
        ("VIR ONE", "410.00", Why.NAME, ["407.52", "2.48"], "0.00"),
    ],
)
@pytest.mark.usefixtures("invoice", "second")
def test_whose_it_may_be(contract, label, amount, why, paid, left):
    found = proposed(line(label, amount))
    assert (found.why, found.client, found.left) == (why, contract.client, Decimal(left))
    assert [str(part) for _, part in found.parts] == paid


def test_of_several_nobody_is_guessed(invoice):
    begun_contract("Two")
    assert invoices.issue_due(datetime(2026, 2, 28, 11, tzinfo=UTC)) == 1
    assert proposed(line("VIR", "407.52")) is None
    assert proposed(line("VIR ONE TWO", "3.00")) is None
    assert proposed(line("VIR", "3.00")) is None
    assert proposed(line("VIR TWO", "407.52")).why is Why.AMOUNT_AND_NAME


def test_the_account_agrees_with_its_invoices_to_the_cent(contract, invoice, second):
    bank_lines.apply_line(line("VIR", "300.01"), contract.client, [invoice], by=OPERATOR)
    bank_lines.apply_line(line("VIR2", "60.00"), contract.client, [second], by=OPERATOR)
    owed = sum(invoices.balance(each) for each in (invoice, second))
    assert account().balance == owed - advances.in_advance() == Decimal("95.51")
    assert [each.what for each in account().entries] == [
        What.INVOICE,
        What.INVOICE,
        What.PAYMENT,
        What.PAYMENT,
        What.ADVANCE,
    ]
