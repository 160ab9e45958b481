"""Money of a client's that no invoice asked for: kept, used for the next one, or given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.invoices import MEANS, Received, balance, enter_payment, note_payment
from ecluse.control.billing.models import ADVANCE, Advance, BankLine, Invoice, Payment
from ecluse.control.contracts.terms import PARIS
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

__all__ = ["Advance"]


def in_advance() -> Decimal:
    """What the scope's client has."""
    return cents(Advance.objects.aggregate(all=Sum("amount"))["all"] or 0)  # SQLite adds in floating point.


def keep(act: Change, client: Client, amount: Decimal, money: Received, bank_line: BankLine | None = None) -> Advance:
    """Within a change. Raises `Impossible` for nothing."""
    if amount <= 0:
        raise Impossible("an advance is above 0")
    return _entered(act, client.pk, amount, money, bank_line=bank_line)


def use_advance(invoice: Invoice, *, by: Actor) -> Payment:
    """Pay it, as far as that goes, with what its client has. Raises `Impossible` where that is nothing, or it is paid."""
    with change(by=by) as act:
        _lock(invoice.client_id)
        amount, today = min(in_advance(), balance(invoice)), act.at.astimezone(PARIS).date()
        if amount <= 0 or invoice.is_credit:
            raise Impossible("nothing is in advance, or left to pay")
        payment = enter_payment(act, invoice, Received(amount, _came_on(invoice, amount), ADVANCE))
        _entered(act, invoice.client_id, -amount, Received(amount, today, ADVANCE, invoice.reference), invoice=invoice)
        return payment


def keep_overpaid(invoice: Invoice, *, by: Actor) -> Advance:
    """What a credit note took off an invoice that was paid already pays another. Raises `Impossible` where nothing did."""
    with change(by=by) as act:
        Invoice.objects.select_for_update().get(pk=invoice.pk)
        amount, today = -balance(invoice), act.at.astimezone(PARIS).date()
        if amount <= 0 or invoice.is_credit:
            raise Impossible("no more was paid than is owed")
        money = Received(amount, today, ADVANCE, invoice.reference)
        note_payment(act, invoice, -amount, money)
        return _entered(act, invoice.client_id, amount, money, invoice=invoice)


def give_back(client: Client, money: Received, *, by: Actor) -> Advance:
    """Send some of it back to its client. Raises `Impossible` for none, or more than it has."""
    amount = cents(money.amount)
    with change(by=by) as act:
        _lock(client.pk)
        if money.means not in MEANS or not 0 < amount <= in_advance():
            raise Impossible("what is given back is above 0, and no more than the client has in advance")
        return _entered(act, client.pk, -amount, money)


def _came_on(invoice: Invoice, amount: Decimal) -> date:
    """When enough had come. Nothing is late by the day on which somebody decided to use it, nor by what came since.

    What came first is used first: the newest money is what stays.
    """
    stays = in_advance() - amount
    for each in Advance.objects.filter(amount__gt=0).order_by("-on", "-pk"):
        stays -= each.amount
        if stays < 0:
            return max(invoice.dated, each.on)
    raise ValueError("more was used than came")


def _lock(client_id: int) -> None:
    """Of two at once the second sees what the first has used."""
    Client.objects.select_for_update().get(pk=client_id)


def _entered(
    act: Change,
    client_id: int,
    amount: Decimal,
    money: Received,
    *,
    invoice: Invoice | None = None,
    bank_line: BankLine | None = None,
) -> Advance:
    row = Advance.objects.create(
        client_id=client_id,
        on=money.paid_on,
        amount=amount,
        means=money.means,
        reference=money.reference[:100],
        invoice=invoice,
        bank_line=bank_line,
        entered_at=act.at,
        entered_by=str(act.by),
    )
    act.record("advance.entered", row, client_id=client_id, after={"amount": str(amount), "on": str(row.on)})
    return row
