"""Penalties and the indemnity: to the cent, once, never by a guessed rate, and outside the tax (6-7, 6-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django_scopes import scope

from ecluse.adapters.invoices.rules import faults
from ecluse.control.audit.queries import entries
from ecluse.control.billing import coming_lines, dunning, invoices, key_rates, late_claims
from ecluse.control.billing.cii import invoice_xml
from ecluse.control.billing.document import document_of
from ecluse.control.billing.files import make_files
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.models import ComingLine, Invoice, LineKind, Purpose
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.platform import deposit_due
from ecluse.control.billing.registers import set_buyer
from ecluse.control.billing.totals import Line
from ecluse.domain.errors import Impossible
from ecluse.web.invoice_sheet import invoice_sheet
from tests.control.billed import begun_contract, pay, received_invoice
from tests.control.cast import OPERATOR
from tests.control.test_invoices import BELGIAN

START = datetime(2026, 1, 20, 11, tzinfo=UTC)
DUE = date(2026, 3, 4)


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
    return received_invoice(clock)


def claimed():
    late_claims.claim_late()
    return {each.kind: each.net for each in late_claims.claims()}


def test_6_7_6_8_an_invoice_that_was_paid_late_costs_penalties_and_40_eur_once(invoice, clock):
    pay(invoice, DUE, "200.00")
    pay(invoice, DUE + timedelta(days=10), "100.00")
    assert claimed() == {}  # Not paid yet.
    pay(invoice, DUE + timedelta(days=42), "107.52")
    # 12.15 %: 100.00 for 10 days and 107.52 for 42.
    assert claimed() == {LineKind.LATE_PENALTY: Decimal("1.84"), LineKind.RECOVERY: Decimal("40.00")}
    claimed()
    assert len(late_claims.claims()) == 2
    row = ComingLine.objects.get(kind=LineKind.LATE_PENALTY)
    assert row.note == "207,52 EUR, 10 j à 12,15 %; 107,52 EUR, 32 j à 12,15 %"
    assert late_claims.recomputed(row.calculation) == row.net


def test_what_is_paid_on_the_last_day_costs_nothing(invoice):
    pay(invoice, DUE, "407.52")
    assert claimed() == {}


def test_a_cent_a_day_late_costs_the_indemnity_alone(invoice):
    pay(invoice, DUE, "407.51")
    pay(invoice, DUE + timedelta(days=1), "0.01")
    assert claimed() == {LineKind.RECOVERY: Decimal("40.00")}


def test_a_cheque_that_bounced_is_to_pay_again_from_that_day_on(invoice):
    pay(invoice, DUE + timedelta(days=5), "407.52")
    back = Received(Decimal("407.52"), DUE + timedelta(days=8), "cheque")
    invoices.take_back(invoice, back, by=OPERATOR)
    pay(invoice, DUE + timedelta(days=50), "407.52")
    # 12.15 % for five days, and for 42.
    assert claimed()[LineKind.LATE_PENALTY] == Decimal("6.38")


def test_what_was_paid_too_much_and_given_back_costs_nothing(invoice, clock):
    pay(invoice, DUE + timedelta(days=10), "407.52")
    clock.move_to(datetime(2026, 6, 1, tzinfo=UTC))
    vat = read_lines(invoice.lines)[0].vat
    line = Line("Geste", Decimal(1), Decimal("10.00"), vat)
    invoices.credit(invoice, [line], "Geste", dated=invoice.dated, by=OPERATOR)
    invoices.take_back(invoice, Received(Decimal("12.00"), date(2026, 6, 1), "transfer"), by=OPERATOR)
    # 395.52 for ten days: what the credit note took off was never owed.
    assert claimed()[LineKind.LATE_PENALTY] == Decimal("1.32")


def test_a_half_year_without_a_rate_is_not_guessed(invoice, clock):
    paid_on = date(2026, 7, 10)
    clock.move_to(datetime(2026, 7, 10, 11, tzinfo=UTC))
    pay(invoice, paid_on, "407.52")
    assert (claimed(), late_claims.accrued(invoice, paid_on)) == ({}, None)
    assert key_rates.unknown_half_years(paid_on) == [date(2026, 7, 1)]
    key_rates.enter_rate(date(2026, 7, 1), Decimal("3.00"), by=OPERATOR)
    # 118 days at 12.15 %, 10 at 13 %.
    assert claimed()[LineKind.LATE_PENALTY] == Decimal("17.46")
    row = ComingLine.objects.get(kind=LineKind.LATE_PENALTY)
    key_rates.enter_rate(date(2026, 7, 1), Decimal("4.00"), by=OPERATOR)
    assert late_claims.recomputed(row.calculation) == row.net  # From what stands with it.


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2026, 1, 1), "3"),  # Shipped.
        (date(2026, 7, 2), "3"),
        (date(2027, 1, 1), "3"),  # Not yet.
        (date(2026, 7, 1), "-0.01"),
        (date(2026, 7, 1), "50.01"),
    ],
)
def test_what_is_no_rate_of_a_half_year_is_not_entered(db, clock, day, percent):
    clock.move_to(datetime(2026, 12, 31, 12, tzinfo=UTC))
    with pytest.raises(Impossible):
        key_rates.enter_rate(day, Decimal(percent), by=OPERATOR)
    assert key_rates.unknown_half_years(date(2026, 12, 31)) == [date(2026, 7, 1)]


def test_a_rate_is_corrected_and_both_stand_in_the_trail(db, clock):
    clock.move_to(datetime(2026, 7, 1, 12, tzinfo=UTC))
    for percent in ("2.15", "2.40"):
        key_rates.enter_rate(date(2026, 7, 1), Decimal(percent), by=OPERATOR)
    assert key_rates.known_rates()[date(2026, 7, 1)] == Decimal("2.40")
    trail = [each for each in entries(None) if each.action == "key-rate.entered"]
    assert sorted(each.after["percent"] for each in trail) == ["2.15", "2.40"]


@pytest.mark.parametrize("buyer", [None, BELGIAN], ids=["France", "Union"])
def test_they_are_asked_for_without_tax_on_a_document_of_their_own_that_holds_to_all_rules(
    contract, invoice, clock, buyer
):
    if buyer:
        set_buyer(contract.client, buyer, by=OPERATOR)
    pay(invoice, DUE + timedelta(days=42), "407.52")
    claimed()
    clock.move_to(datetime(2026, 4, 20, tzinfo=UTC))
    asked = late_claims.ask_for_claims(by=OPERATOR)
    assert (asked.reference, asked.purpose, asked.net, asked.tax) == (
        "F2026-00002",
        Purpose.LATE_PAYMENT,
        Decimal("45.70"),
        Decimal("0.00"),
    )
    assert (late_claims.claims(), claimed()) == ([], {})
    document = document_of(asked)
    xml = invoice_xml(document)
    assert faults(xml) == ()
    assert b"CategoryCode>O<" in xml
    sheet = invoice_sheet(document)
    assert "Hors du champ d&#x27;application de la TVA" in sheet
    assert "TTC" not in sheet
    with pytest.raises(Impossible):
        late_claims.ask_for_claims(by=OPERATOR)


def test_taxed_lines_beside_them_break_a_rule(invoice):
    """Which is why they have a document of their own (docs/decisions/0031)."""
    document = document_of(invoice)
    mixed = Line("Indemnité", Decimal(1), Decimal("40.00"), late_claims.OUTSIDE_THE_TAX)
    fields = {name: getattr(document, name) for name in document.__slots__}
    xml = invoice_xml(type(document)(**fields | {"lines": (*document.lines, mixed)}))
    assert any("BR-O-" in each for each in faults(xml))


def test_nobody_pays_penalties_on_penalties_nor_is_reminded_of_them(invoice, clock):
    pay(invoice, DUE + timedelta(days=1), "407.52")
    claimed()
    asked = late_claims.ask_for_claims(by=OPERATOR)
    invoices.receive(asked, asked.dated, by=OPERATOR)
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    assert dunning.climb(datetime.now(UTC)) == 0
    pay(asked, date(2026, 6, 20), str(asked.gross))
    assert claimed() == {}


def test_what_is_outside_the_tax_goes_through_no_platform(invoice):
    pay(invoice, DUE + timedelta(days=1), "407.52")
    claimed()
    late_claims.ask_for_claims(by=OPERATOR)

    class Platform:
        def deposit(self, reference, _file):
            raise AssertionError(reference)

    Invoice.objects.filter(purpose=Purpose.SERVICES).update(deposited_at=START)
    make_files(lambda _: b"%PDF")
    assert deposit_due(Platform(), START) == 0


def test_the_provider_waives_what_it_asks_and_says_why(contract, invoice):
    pay(invoice, DUE + timedelta(days=42), "407.52")
    claimed()
    penalty, indemnity = late_claims.claims()
    with pytest.raises(Impossible):
        coming_lines.waive(penalty, " ", by=OPERATOR)
    coming_lines.waive(penalty, "a good client", by=OPERATOR)
    with pytest.raises(Impossible):
        coming_lines.waive(penalty, "again", by=OPERATOR)
    assert claimed() == {LineKind.RECOVERY: Decimal("40.00")}
    assert late_claims.ask_for_claims(by=OPERATOR).gross == Decimal("40.00")
    indemnity.refresh_from_db()
    with pytest.raises(Impossible):
        coming_lines.waive(indemnity, "too late", by=OPERATOR)


def test_what_was_waived_since_it_was_read_is_not_asked_for(invoice, monkeypatch):
    """Two people at once."""
    pay(invoice, DUE + timedelta(days=42), "407.52")
    claimed()
    read = late_claims.claims()
    coming_lines.waive(read[0], "a good client", by=OPERATOR)
    monkeypatch.setattr(late_claims, "claims", lambda: read)
    assert late_claims.ask_for_claims(by=OPERATOR).gross == Decimal("40.00")
