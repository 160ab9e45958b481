"""Invoices of contracts, once for each period; credit notes; what is left to pay (6-3, 6-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache

import structlog
from django.db.models import Exists, OuterRef, Sum
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.coming_lines import fitting, mark_taken
from ecluse.control.billing.invoice_days import due_on, has_come, invoice_day
from ecluse.control.billing.models import BankLine, Invoice, InvoiceKind, Payment
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import newest_buyer, newest_seller, read_buyer
from ecluse.control.billing.totals import Line, Vat, totals
from ecluse.control.billing.writing import record, write
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import ordered_at_first
from ecluse.control.contracts.terms import PARIS, Period
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

log = structlog.get_logger()

MEANS = ("cheque", "transfer", "other")  # 6-5.
_BY = Actor(ActorKind.JOB, "invoices")
# What was sold, as French law wants it named: an invoice is in French, whatever language its reader's pages are in.
BUNDLES = {
    Bundle.INBOUND: "Filtrage du courrier électronique entrant",
    Bundle.OUTBOUND: "Filtrage du courrier électronique sortant",
    Bundle.BOTH: "Filtrage du courrier électronique entrant et sortant",
}


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came."""

    amount: Decimal
    paid_on: date
    means: str
    reference: str = ""


class Lacking(StrEnum):
    """Why a period whose day has come is not invoiced."""

    SELLER = "seller"  # Who sells is not known.
    BUYER = "buyer"  # Who buys is not.


def periods_due(now: datetime) -> list[tuple[Contract, Period]]:
    """Of contracts of all clients: the day of their invoice has come, and there is none."""
    return [(contract, period) for contract in _not_invoiced() if (period := _period_due(contract, now)) is not None]


def issue_due(now: datetime) -> int:
    """Invoice each of them whose parties are known; how many. For a job of the provider's, before `life.turn_due`."""

    def issue(contract: Contract) -> bool:
        period = _period_due(contract, now)
        if period is None:
            return False
        with scope(client=contract.client):
            return _is_issued(contract, period)

    return for_each("invoice a period", _not_invoiced(), issue, now)


def unbilled(now: datetime) -> frozenset[int]:
    """Contracts that are not renewed before their period is invoiced: its price would be lost."""
    waiting = _not_invoiced()
    found = {each.pk for each in waiting}  # One that cannot be looked at, or not yet again, is not renewed, either.

    def look_at(contract: Contract) -> bool:
        if _period_due(contract, now) is None:
            found.remove(contract.pk)
        return True

    for_each("see whether a period is invoiced", waiting, look_at, now)
    return frozenset(found)


def _not_invoiced() -> list[Contract]:
    """Contracts that have begun, and whose period that runs has no invoice."""
    with scopes_disabled():  # Contracts of all clients.
        begun = Contract.objects.filter(first_day__isnull=False, period_waived=False).select_related("client")
        invoiced = Invoice.objects.filter(
            kind=InvoiceKind.INVOICE, contract=OuterRef("pk"), period_after=OuterRef("period_after")
        )
        return list(begun.filter(~Exists(invoiced)))


def _period_due(contract: Contract, now: datetime) -> Period | None:
    """The one that runs, once the day of its invoice has come."""
    period = contract.period
    return period if period and has_come(invoice_day(period.starts_on), now, contract.zone) else None


def lacking_of(contract: Contract) -> Lacking | None:
    """What must be known before its client can be invoiced; None where it is."""
    if newest_seller() is None:
        return Lacking.SELLER
    with scope(client=contract.client):
        return Lacking.BUYER if newest_buyer() is None else None


def credit(invoice: Invoice, lines: Sequence[Line], reason: str, *, dated: date, by: Actor) -> Invoice:
    """A credit note over these lines. Raises `Impossible` without a reason, for nothing, or for more than was invoiced."""
    if not reason.strip() or invoice.kind != InvoiceKind.INVOICE or dated < invoice.dated:
        raise Impossible("a credit note corrects an invoice, later, and says why")
    if not {each.vat for each in lines} <= {each.vat for each in read_lines(invoice.lines)}:
        raise Impossible("a credit note gives back the tax that was asked, and no other")
    with change(by=by) as act:
        Invoice.objects.select_for_update().get(pk=invoice.pk)  # Of two at once the second sees the first.
        if not 0 < totals(lines).gross <= invoice.gross - credited(invoice):
            raise Impossible("a credit note gives something back, and no more than was invoiced")
        return write(
            act,
            InvoiceKind.CREDIT_NOTE,
            lines,
            seller=invoice.seller,
            buyer=invoice.buyer,
            client_id=invoice.client_id,
            contract=invoice.contract,
            dated=dated,
            corrects=invoice,
            purpose=invoice.purpose,
            reason=reason.strip()[:300],
        )


def receive(invoice: Invoice, received_on: date, *, by: Actor) -> None:
    """When the client got it: its thirty days run from then (6-6). Raises `Impossible` a second time, or for before."""
    with change(by=by) as act:
        if received_on < invoice.dated:
            raise Impossible("an invoice comes after it was made")
        if not Invoice.objects.filter(pk=invoice.pk, received_on=None).update(received_on=received_on):
            raise Impossible("it has been received already")
        invoice.refresh_from_db()
        record(act, invoice, "received", received_on=received_on)


def pay(invoice: Invoice, money: Received, *, by: Actor) -> Payment:
    """Money for it, by cheque, transfer or otherwise (6-5). Raises `Impossible` for none, or too much."""
    if invoice.kind != InvoiceKind.INVOICE or money.means not in MEANS:
        raise Impossible("an invoice is paid, by cheque, transfer or otherwise")
    with change(by=by) as act:
        return enter_payment(act, invoice, money)


def enter_payment(act: Change, invoice: Invoice, money: Received, bank_line: BankLine | None = None) -> Payment:
    """The same within a change, by whichever means. Raises `Impossible` for none, or too much."""
    amount = cents(money.amount)
    Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not 0 < amount <= balance(invoice):
        raise Impossible("a payment is above 0, and no more than is left to pay")
    return note_payment(act, invoice, amount, money, bank_line)


def take_back(invoice: Invoice, money: Received, *, by: Actor) -> Payment:
    """A cheque that bounced, or money given back to the client. Raises `Impossible` for none, or more than came."""
    amount = cents(money.amount)
    with change(by=by) as act:
        Invoice.objects.select_for_update().get(pk=invoice.pk)
        if money.means not in MEANS or not 0 < amount <= paid(invoice):
            raise Impossible("what is taken back is above 0, and no more than came")
        return note_payment(act, invoice, -amount, money)


def note_payment(
    act: Change, invoice: Invoice, amount: Decimal, money: Received, bank_line: BankLine | None = None
) -> Payment:
    """Within a change, whatever the amount; below 0 it is taken back."""
    row = Payment.objects.create(
        client_id=invoice.client_id,
        invoice=invoice,
        paid_on=money.paid_on,
        amount=amount,
        means=money.means,
        reference=money.reference[:100],
        bank_line=bank_line,
        entered_at=act.at,
        entered_by=str(act.by),
    )
    record(act, invoice, "paid" if amount > 0 else "taken-back", amount=row.amount, paid_on=row.paid_on)
    return row


def issue_beside(
    contract: Contract,
    lines: Callable[[Vat], Sequence[Line]],
    *,
    dated: date,
    first_day: date,
    last_day: date,
    by: Actor,
) -> Invoice | None:
    """An invoice of a contract's that is not its period's; `lines` for the tax of who buys. None where a party is not known.

    In the client's scope. That it is issued once is the caller's to see to, in the same change.
    """
    seller, buyer = newest_seller(), newest_buyer()
    if seller is None or buyer is None:
        _say_lacking(contract.reference, Lacking.SELLER if seller is None else Lacking.BUYER)
        return None
    with change(by=by) as act:
        return write(
            act,
            InvoiceKind.INVOICE,
            lines(read_buyer(buyer).vat),
            seller=seller,
            buyer=buyer,
            client_id=contract.client_id,
            contract=contract,
            dated=dated,
            period_start=first_day,
            period_end=last_day,
        )


def credited(invoice: Invoice) -> Decimal:
    """What credit notes have taken off it."""
    return cents(invoice.credit_notes.aggregate(all=Sum("gross"))["all"] or 0)  # SQLite adds in floating point.


def balance(invoice: Invoice) -> Decimal:
    """What is left to pay."""
    return invoice.gross - credited(invoice) - paid(invoice)


def paid(invoice: Invoice) -> Decimal:
    """What came for it, without what was taken back."""
    return cents(invoice.payments.aggregate(all=Sum("amount"))["all"] or 0)  # The same.


def due_day(invoice: Invoice) -> date | None:
    """The last day to pay in time; None until it was received (6-6). A copy by mail comes the day it is sent."""
    if invoice.received_on is not None:
        return due_on(invoice.received_on)
    return None if invoice.sent_at is None else due_on(invoice.sent_at.astimezone(PARIS).date())


def _is_issued(contract: Contract, period: Period) -> bool:
    seller, buyer = newest_seller(), newest_buyer()
    if seller is None or buyer is None:
        _say_lacking(contract.reference, Lacking.SELLER if seller is None else Lacking.BUYER)
        return False
    with change(by=_BY) as act:
        # Locked: of two workers the second finds the invoice of the first; and somebody may have waived it meanwhile.
        if Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk).period_waived:
            return False
        if Invoice.objects.filter(contract=contract, period_after=period.after, kind=InvoiceKind.INVOICE).exists():
            return False
        lines = _lines_of(contract, read_buyer(buyer).vat)
        taken = fitting(lines)
        invoice = write(
            act,
            InvoiceKind.INVOICE,
            [*lines, *(each.line for each in taken)],
            seller=seller,
            buyer=buyer,
            client_id=contract.client_id,
            contract=contract,
            dated=invoice_day(period.starts_on),
            period_after=period.after,
            period_start=period.starts_on,
            period_end=period.ends_on - timedelta(days=1),
        )
        mark_taken(act, taken, invoice)
        return True


@cache
def _say_lacking(contract: str, what: Lacking) -> None:
    """Once in the life of a worker; the provider's page shows it as long as it is so."""
    log.warning("period not invoiced", contract=contract, lacking=what.value)


def _lines_of(contract: Contract, vat: Vat) -> list[Line]:
    ordered = ordered_at_first(contract)
    services = f"{BUNDLES[ordered.bundle]}, {ordered.addresses} adresses (contrat {contract.reference})"
    lines = [Line(services, Decimal(1), contract.services_price, vat)]
    if contract.options_price:
        lines.append(Line(f"Options : {', '.join(ordered.options)}", Decimal(1), contract.options_price, vat))
    return lines
