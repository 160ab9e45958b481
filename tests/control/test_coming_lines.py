"""What goes on the next invoice beside its period: once, to the cent, and never below nothing (5-3, 10-2, 10-4)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.adapters.invoices.rules import faults
from ecluse.control.audit.queries import entries
from ecluse.control.billing import invoices
from ecluse.control.billing.cii import invoice_xml
from ecluse.control.billing.coming_lines import Coming, LineKind, Share, add_line, open_lines
from ecluse.control.billing.document import document_of
from ecluse.control.billing.models import ComingLine, Invoice
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.stranded import place_stranded
from ecluse.control.contracts import life
from ecluse.control.contracts.models import Contract
from ecluse.control.sla.credits import wrong_verdicts_percent
from ecluse.domain.errors import Impossible
from ecluse.web.invoice_sheet import invoice_sheet
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
INVOICED = datetime(2026, 1, 31, 11, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def contract(db, clock):
    """300.00 EUR of services a year, 39.60 of options."""
    made = begun_contract()
    with scope(client=made.client):
        yield made


def support(amount="40.00", source="support:1"):
    return Coming(LineKind.SUPPORT, "Demande d'assistance (5-3)", Decimal(amount), source)


def credit(amount, source="sla-credit:1"):
    return Coming(LineKind.SLA_CREDIT, "Crédit (10-2)", amount, source, note="10 x (FP + FN)", calculation={"fp": 1})


def issued(clock):
    clock.move_to(INVOICED)
    assert invoices.issue_due(INVOICED) == 1
    return Invoice.objects.get()


def beside(invoice):
    return [(each.text, str(each.quantity), str(each.unit_price), each.note) for each in read_lines(invoice.lines)[2:]]


def test_5_3_what_is_asked_stands_on_the_next_invoice_with_its_tax(contract, clock):
    add_line(contract, support(), by=OPERATOR)
    invoice = issued(clock)
    assert beside(invoice) == [("Demande d'assistance (5-3)", "1", "40.00", "")]
    assert (invoice.net, invoice.tax) == (Decimal("379.60"), Decimal("75.92"))
    assert (open_lines(), ComingLine.objects.get().invoice) == ([], invoice)
    assert {each.action for each in entries(contract.client_id)} >= {"coming-line.added", "coming-line.taken"}


def test_a_claim_is_added_once(contract):
    first = add_line(contract, support(), by=OPERATOR)
    assert add_line(contract, support("80.00"), by=OPERATOR) == first
    assert [each.net for each in open_lines()] == [Decimal("40.00")]


def test_a_claim_that_was_taken_is_not_added_again(contract, clock):
    add_line(contract, support(), by=OPERATOR)
    issued(clock)
    add_line(contract, support(), by=OPERATOR)
    assert open_lines() == []


def test_another_clients_source_is_refused(contract):
    add_line(contract, support(), by=OPERATOR)
    other = begun_contract("Two")
    with scope(client=other.client), pytest.raises(Impossible):
        add_line(other, support(), by=OPERATOR)


def test_10_2_a_percentage_is_of_the_price_of_the_period_that_is_invoiced(contract, clock):
    # The contract's own example: 0.02 % and 0.80 % take 8.2 % off.
    percent = wrong_verdicts_percent(2, 80, 10_000)
    add_line(contract, support(), by=OPERATOR)
    add_line(contract, credit(Share(percent)), by=OPERATOR)
    invoice = issued(clock)
    assert beside(invoice)[1] == ("Crédit (10-2)", "-1", "27.85", "10 x (FP + FN); 8,2 % de 339,60 EUR")
    row = ComingLine.objects.get(kind=LineKind.SLA_CREDIT)
    assert (row.net, row.percent, row.calculation) == (Decimal("-27.85"), "41/5", {"fp": 1})
    assert invoice.net == Decimal("351.75")


def test_what_does_not_fit_waits_for_the_next_invoice(contract, clock):
    for number, amount in enumerate(("-339.61", "-379.61", "-379.60", "-0.01")):
        add_line(contract, credit(Decimal(amount), f"sla-credit:{number}"), by=OPERATOR)
    add_line(contract, support(), by=OPERATOR)
    invoice = issued(clock)
    assert [price for _, _, price, _ in beside(invoice)] == ["40.00", "339.61", "0.01"]
    assert invoice.net == Decimal("39.98")
    assert [each.net for each in open_lines()] == [Decimal("-379.61"), Decimal("-379.60")]


def test_an_invoice_may_come_to_nothing(contract, clock):
    add_line(contract, credit(Share(Fraction(100))), by=OPERATOR)
    invoice = issued(clock)
    assert (invoice.gross, invoices.balance(invoice)) == (0, 0)
    assert faults(invoice_xml(document_of(invoice))) == ()


def test_penalties_are_kept_off_an_invoice_that_is_taxed(contract, clock):
    penalty = Coming(LineKind.LATE_PENALTY, "Pénalités de retard", Decimal("3.00"), "late-penalty:F2025-00001")
    add_line(contract, penalty, by=OPERATOR)
    assert beside(issued(clock)) == []
    assert len(open_lines()) == 1


def test_such_an_invoice_holds_to_all_rules_and_says_how_it_was_computed(contract, clock):
    add_line(contract, support(), by=OPERATOR)
    add_line(contract, credit(Share(Fraction(41, 5))), by=OPERATOR)
    document = document_of(issued(clock))
    xml = invoice_xml(document)
    assert faults(xml) == ()
    assert any(
        "BR-27" in each for each in faults(xml.replace(b"Amount>27.85</ram:Charge", b"Amount>-27.85</ram:Charge"))
    )
    note = "10 x (FP + FN); 8,2 % de 339,60 EUR"
    assert note in xml.decode()
    assert note in invoice_sheet(document)


@pytest.mark.parametrize("percent", [Fraction(0), Fraction(-1), Fraction(101)])
def test_no_share_gives_back_nothing_or_more_than_all(percent):
    with pytest.raises(ValueError, match="percent"):
        Share(percent)


def later(clock, when):
    clock.move_to(when)
    invoices.issue_due(when)
    return place_stranded(when)


def test_a_credit_that_found_no_invoice_within_a_year_becomes_a_credit_note(contract, clock):
    invoice = issued(clock)
    clock.move_to(datetime(2026, 2, 10, 11, tzinfo=UTC))
    add_line(contract, credit(Decimal("-10.00")), by=OPERATOR)
    add_line(contract, support(), by=OPERATOR)
    Contract.objects.update(period_months=36)  # Its next invoice is far.
    assert later(clock, datetime(2027, 2, 9, 11, tzinfo=UTC)) == 0
    assert later(clock, datetime(2027, 2, 10, 11, tzinfo=UTC)) == 1
    assert later(clock, datetime(2027, 2, 11, 11, tzinfo=UTC)) == 0
    (note,) = invoice.credit_notes.all()
    assert (note.net, note.reason) == (Decimal("10.00"), "Crédit (10-2)")
    assert faults(invoice_xml(document_of(note))) == ()
    assert [each.source for each in open_lines()] == ["support:1"]  # That waits for the next invoice.


def test_nothing_waits_where_no_invoice_will_come(contract, clock):
    add_line(contract, support(source="support:0"), by=OPERATOR)
    invoice = issued(clock)
    clock.move_to(datetime(2026, 2, 10, 11, tzinfo=UTC))
    add_line(contract, credit(Share(Fraction(50))), by=OPERATOR)
    add_line(contract, credit(Decimal("-12.50"), "sla-credit:2"), by=OPERATOR)
    add_line(contract, support(), by=OPERATOR)
    life.terminate(Contract.objects.get(pk=contract.pk), "10-1", by=OPERATOR)
    assert later(clock, datetime(2026, 2, 11, 11, tzinfo=UTC)) == 3
    # Of the price of the period, whatever else stood on its invoice.
    assert sorted(each.net for each in invoice.credit_notes.all()) == [Decimal("12.50"), Decimal("169.80")]
    asked = Invoice.objects.get(series="F2026", number=2)
    assert (asked.net, asked.tax, asked.period_start) == (Decimal("40.00"), Decimal("8.00"), None)
    assert faults(invoice_xml(document_of(asked))) == ()
    assert (open_lines(), later(clock, datetime(2026, 2, 12, 11, tzinfo=UTC))) == ([], 0)


def test_a_credit_larger_than_any_invoice_stays_open_and_is_told_once(contract, clock):
    issued(clock)
    add_line(contract, credit(Decimal("-339.61")), by=OPERATOR)
    life.terminate(Contract.objects.get(pk=contract.pk), "10-1", by=OPERATOR)
    with capture_logs() as logs:
        assert later(clock, datetime(2026, 2, 11, 11, tzinfo=UTC)) == 0
        assert later(clock, datetime(2026, 2, 12, 11, tzinfo=UTC)) == 0
    assert [each["event"] for each in logs].count("credit fits on no invoice") == 1
    assert len(open_lines()) == 1


def test_a_claim_of_nothing_is_none():
    for amount in ("0", "0.004", "-0.004"):
        with pytest.raises(ValueError, match="nothing"):
            support(amount)
