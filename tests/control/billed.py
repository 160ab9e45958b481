"""A contract in force, of parties that are known, for tests of what is invoiced."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from django_scopes import scope

from ecluse.control.billing import invoice_days, invoices
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.registers import set_buyer, set_seller
from ecluse.control.contracts import catalogue, life, naming, offers
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.tenants.queries import client_named
from tests.control.cast import OPERATOR, client
from tests.parties import BUYER, SELLER
from tests.price_list import GRID


def begun_contract(name="One", *, are_parties_known=True):
    """From today on, for a year: 300.00 EUR of services, 39.60 of options."""
    one, today = client_named(name) or client(name), invoice_days.today()
    with scope(client=one):
        catalogue.publish_prices(GRID, by=OPERATOR)
        if catalogue.newest_terms() is None:
            catalogue.publish_terms("2026-01", "You pay, we filter.", by=OPERATOR)
        made = offers.draft(one, Wanted(Bundle.BOTH, 10, 1, 12, ("archive",)), [f"{name.lower()}.example"], by=OPERATOR)
        offers.send(made, today=today, by=OPERATOR)
        offers.accept(made, offers.sum_of(offers.offer_document(made)), today=today, by=OPERATOR)
        naming.grant(made.domains.get(), by=OPERATOR)
        life.start(made, by=OPERATOR)
        if are_parties_known:
            set_seller(SELLER, by=OPERATOR)
            set_buyer(one, BUYER, by=OPERATOR)
        return made


def received_invoice(clock):
    """Of a contract that began in January 2026, in its client's scope: 407.52 EUR, due on 4 March."""
    when = datetime(2026, 1, 31, 11, tzinfo=UTC)
    clock.move_to(when)
    invoices.issue_due(when)
    row = Invoice.objects.get()
    clock.move_to(datetime(2026, 2, 3, 11, tzinfo=UTC))
    invoices.receive(row, date(2026, 2, 2), by=OPERATOR)
    return row


def pay(invoice, day, amount):
    """By transfer."""
    invoices.pay(invoice, Received(Decimal(amount), day, "transfer"), by=OPERATOR)
