"""Two years of the demonstration's client before it begins: its contract and what became of it, as the worker's jobs make it.

No row is written here: people act by services, and the jobs do the rest, under a moved clock. To be imported once Django is
started, as everything that knows its models.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django_scopes import scope

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.billing import invoices, late_claims
from ecluse.control.billing.invoice_days import invoice_day
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.parties import Buyer, PostalAddress, Seller
from ecluse.control.billing.registers import set_buyer, set_seller
from ecluse.control.contracts import catalogue, life, naming, offers
from ecluse.control.contracts.price_grid import Bundle, Grid, Tier, Wanted
from ecluse.control.contracts.terms import PARIS, months_after
from ecluse.control.sla import breaches, downtimes, remedies, servers
from ecluse.control.sla.models import Remedy
from ecluse.control.sla.spans import Span
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.services import create_client
from ecluse.domain.incoming import Direction
from ecluse.entrypoints import worker_jobs
from ecluse.entrypoints.demo.moved_clock import MovedClock, moved_clock
from ecluse.entrypoints.settings_tables import Settings

BEGAN = 25  # Months ago: a first year, a renewal, and another one whose invoice is there.
_OUTAGE_IN = 18  # Months after that.
_DOWN_S = 130 * 60
_PROVIDER = Actor(ActorKind.PERSON, "sam@provider.example")
_OLIVE = Actor(ActorKind.PERSON, "olive@demo.example")
_SERVERS = ("mx1.gateway.demo.example", "mx2.gateway.demo.example")
_GRID = Grid(
    tiers=(
        Tier(50, {Bundle.INBOUND: Decimal("2.00"), Bundle.OUTBOUND: Decimal("1.20"), Bundle.BOTH: Decimal("2.80")}),
        Tier(0, {Bundle.INBOUND: Decimal("1.60"), Bundle.OUTBOUND: Decimal("0.90"), Bundle.BOTH: Decimal("2.20")}),
    ),
    domain=Decimal("3.00"),
    reductions={24: Decimal(5), 36: Decimal(10)},
    options={"archive": Decimal("0.40")},
)
_SELLER = Seller(
    name="Écluse Démonstration",
    legal_form="SAS",
    capital=Decimal("10000.00"),
    address=PostalAddress("1 rue des Écluses", "31000", "Toulouse"),
    siret="73282932000074",
    vat_number="FR44732829320",
    register="Toulouse",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    email="invoices@provider.example",
    phone="+33 5 00 00 00 00",
)
_BUYER = Buyer(
    name="Demo",
    address=PostalAddress("2 quai du Canal", "75001", "Paris"),
    siren="404833048",
    vat_number="FR83404833048",
    invoices_to="accounts@demo.example",
)


def live_two_years(settings: Settings, today: date) -> Client:
    """The client, with a contract that has been renewed twice: an invoice paid late, a promise broken, its credit."""
    begins = months_after(today, -BEGAN)
    with moved_clock(PARIS, begins) as clock:
        demo = create_client("Demo", by=_PROVIDER)
        with scope(client=demo):
            _begin(demo, clock.day)
            _first_invoice(settings, clock, begins)
            _second_year(settings, clock, begins)
            _broken_promise(settings, clock, begins)
            _third_year(settings, clock, begins)
    return demo


def _begin(demo: Client, day: date) -> None:
    catalogue.publish_prices(_GRID, by=_PROVIDER)
    catalogue.publish_terms(f"{day.year}-01", "Vous payez, nous filtrons.", text_en="You pay, we filter.", by=_PROVIDER)
    set_seller(_SELLER, by=_PROVIDER)
    set_buyer(demo, _BUYER, by=_PROVIDER)
    wanted = Wanted(Bundle.BOTH, addresses=10, domains=1, months=12, options=("archive",))
    contract = offers.draft(demo, wanted, ["demo.example"], by=_PROVIDER)
    offers.send(contract, today=day, by=_PROVIDER)
    seen = offers.sum_of(offers.offer_document(contract))
    offers.accept(contract, seen, today=day, staff_is_informed=True, by=_OLIVE)
    naming.grant(contract.domains.get(), by=_PROVIDER)
    life.start(contract, by=_PROVIDER)
    servers.assign(demo, *_SERVERS, by=_PROVIDER)


def _first_invoice(settings: Settings, clock: MovedClock, begins: date) -> None:
    """Paid late: reminded of, and then asked for what that costs (6-7, 6-8)."""
    clock.day = invoice_day(begins)
    _work(settings, "contracts", "invoices")
    invoice = _newest_invoice()
    clock.day += timedelta(days=1)
    invoices.receive(invoice, clock.day, by=_PROVIDER)
    clock.day += timedelta(days=34)  # The fourth after it was due.
    _work(settings, "late payment")
    clock.day += timedelta(days=6)
    _pay(invoice, clock.day)
    _work(settings, "late payment")
    if late_claims.claims():  # Not where a key rate is not known yet.
        asked = late_claims.ask_for_claims(by=_PROVIDER)
        _work(settings, "invoices")
        clock.day += timedelta(days=9)
        _pay(asked, clock.day)


def _second_year(settings: Settings, clock: MovedClock, begins: date) -> None:
    """Renewed by twelve months (3-15), and paid in time."""
    clock.day = months_after(begins, 12)
    _work(settings, "contracts")
    clock.day = invoice_day(clock.day)
    _work(settings, "contracts", "invoices")
    clock.day += timedelta(days=20)
    _pay(_newest_invoice(), clock.day)


def _broken_promise(settings: Settings, clock: MovedClock, begins: date) -> None:
    """Both servers were down for more than two hours (9-7): the client chooses the credit, for the next invoice (10-4, 10-6)."""
    clock.day = months_after(begins, _OUTAGE_IN)
    end = int(clock.now().timestamp())
    for name in _SERVERS:
        for service in Direction:
            downtimes.enter_outage(name, service, Span(end - _DOWN_S, end), "A switch of the data centre", by=_PROVIDER)
    clock.day = months_after(clock.day.replace(day=1), 1) + timedelta(days=16)  # Closed fifteen days after its end.
    _work(settings, "months")
    clock.day += timedelta(days=2)
    remedies.choose(breaches.breaches()[0], Remedy.CREDIT, clock.day, by=_OLIVE)


def _third_year(settings: Settings, clock: MovedClock, begins: date) -> None:
    """Renewed once more; the invoice takes the credit, and is not paid yet."""
    clock.day = months_after(begins, 24)
    _work(settings, "contracts")
    clock.day = invoice_day(clock.day)
    _work(settings, "contracts", "invoices", "months")


def _work(settings: Settings, *jobs: str) -> None:
    for name in jobs:
        worker_jobs.JOBS[name].work(settings)


def _newest_invoice() -> Invoice:
    return Invoice.objects.order_by("pk").reverse()[0]


def _pay(invoice: Invoice, day: date) -> None:
    money = invoices.Received(invoices.balance(invoice), day, "transfer", f"Demo {invoice.reference}")
    invoices.pay(invoice, money, by=_PROVIDER)
