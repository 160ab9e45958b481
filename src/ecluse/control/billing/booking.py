"""What an invoice, a credit note, a payment or an advance is in the books: one entry, whose lines come to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ecluse.control.billing.accounts import Accounts
from ecluse.control.billing.due_tax import freed
from ecluse.control.billing.models import ADVANCE, UNTAXED, Advance, ComingLine, Invoice, LineKind, Payment, Purpose
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import read_seller
from ecluse.control.billing.totals import Line, totals
from ecluse.control.contracts.terms import PARIS

_PAID = {  # Whether it is out of an advance, and came.
    (False, True): "Règlement",
    (False, False): "Règlement annulé",
    (True, True): "Avance utilisée",
    (True, False): "Trop-perçu gardé en avance",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: above 0 a debit, below 0 a credit. `what` is a field of `Accounts`."""

    what: str
    account: str
    amount: Decimal
    is_of_client: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry, before it is numbered."""

    source: Invoice | Payment | Advance
    debt: Invoice | None  # The invoice that it asks for, or settles.
    journal: str
    on: date
    piece: str
    piece_on: date
    text: str
    made_at: datetime
    client_name: str
    postings: tuple[Posting, ...]


def booked(source: Invoice | Payment | Advance, accounts: Accounts) -> Booking:
    """For whichever it is made of. Its client's invoices are read: in a scope, or where scopes are off."""
    if isinstance(source, Invoice):
        return _of_invoice(source, accounts)
    return _of_payment(source, accounts) if isinstance(source, Payment) else _of_advance(source, accounts)


def _of_invoice(invoice: Invoice, accounts: Accounts) -> Booking:
    sign, lines = (1 if invoice.is_credit else -1), read_lines(invoice.lines)
    sold: dict[str, Decimal] = {}
    for line in lines:
        what = _sold_as(line, invoice, accounts)
        sold[what] = sold.get(what, Decimal("0.00")) + sign * line.net
    postings = [_posting("clients", -sign * invoice.gross, accounts)]
    postings += [_posting(what, amount, accounts) for what, amount in sold.items()]
    postings += _taxed(invoice, sign, accounts)
    what = f"Avoir {invoice.reference}" if invoice.is_credit else f"Facture {invoice.reference}"
    return _booking(invoice, invoice, "VE", invoice.dated, what, invoice.made_at, postings)


def _taxed(invoice: Invoice, sign: int, accounts: Accounts) -> Iterator[Posting]:
    """Tax that is owed once it is paid waits until then; a credit note takes off what still waits, and then what does not."""
    waits = Decimal(0)
    if not read_seller(invoice.seller).taxed_on_debits:
        waits = -freed(invoice.corrects, invoice) if invoice.corrects else invoice.tax
    for each in totals(read_lines(invoice.lines)).by_rate:
        part = min(each.tax, waits)
        waits -= part
        yield _posting("vat_waiting", sign * part, accounts)
        yield _posting(accounts.taxed_as(each.vat.percent), sign * (each.tax - part), accounts)


def _sold_as(line: Line, invoice: Invoice, accounts: Accounts) -> str:
    if invoice.purpose == Purpose.LATE_PAYMENT:
        text = _asked(line, invoice).text
        kind = ComingLine.objects.filter(kind__in=UNTAXED, text=text).values_list("kind", flat=True).last()
        return "penalties" if kind == LineKind.LATE_PENALTY else "recovery"
    return "given_back" if invoice.is_credit or line.net < 0 else accounts.sold_as(line.vat)


def _asked(line: Line, invoice: Invoice) -> Line:
    """What a credit note takes off has words of its own: the line of its document that asked as much, or else the first."""
    if invoice.corrects is None:
        return line
    lines = read_lines(invoice.corrects.lines)
    return next((each for each in lines if each.net == line.net), lines[0])


def _of_payment(payment: Payment, accounts: Accounts) -> Booking:
    """Out of an advance it comes on the day on which somebody decided so."""
    invoice, is_of_advance = payment.invoice, payment.means == ADVANCE
    came_as = "advances" if is_of_advance else accounts.came_as(payment.means)
    postings = [_posting(came_as, payment.amount, accounts), _posting("clients", -payment.amount, accounts)]
    if due := freed(invoice, payment):
        rates = totals(read_lines(invoice.lines)).by_rate
        percent = next(each.vat.percent for each in rates if each.tax)
        postings += [
            _posting("vat_waiting", due, accounts),
            _posting(accounts.taxed_as(percent), -due, accounts),
        ]
    what = _PAID[is_of_advance, payment.amount > 0]
    journal, on = ("OD", payment.entered_at.astimezone(PARIS).date()) if is_of_advance else ("BQ", payment.paid_on)
    text = f"{what} {invoice.reference} {'' if is_of_advance else payment.reference}"
    return _booking(payment, invoice, journal, on, text, payment.entered_at, postings)


def _of_advance(kept: Advance, accounts: Accounts) -> Booking:
    """Of money that came or went: what pays an invoice out of it is booked as its payment."""
    postings = (
        _posting(accounts.came_as(kept.means), kept.amount, accounts),
        _posting("advances", -kept.amount, accounts),
    )
    newest = Invoice.objects.filter(client_id=kept.client_id).select_related("buyer").order_by("-pk").first()
    name = newest.buyer.plain["name"] if newest else kept.client.name
    text = f"Avance {kept.reference}"
    return Booking(kept, None, "BQ", kept.on, f"AV{kept.pk:06d}", kept.on, text, kept.entered_at, name, postings)


def _posting(what: str, amount: Decimal, accounts: Accounts) -> Posting:
    return Posting(what, getattr(accounts, what), amount, what in {"clients", "advances"})


def _booking(
    source: Invoice | Payment,
    invoice: Invoice,
    journal: str,
    on: date,
    text: str,
    made_at: datetime,
    postings: list[Posting],
) -> Booking:
    name, root = invoice.buyer.plain["name"], invoice.corrects or invoice
    kept = tuple(each for each in postings if each.amount)
    return Booking(source, root, journal, on, invoice.reference, invoice.dated, text, made_at, name, kept)
