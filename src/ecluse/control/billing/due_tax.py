"""Tax on services that is owed once they are paid, unless their seller chose debits (CGI, article 269-2 c): how much each payment frees.

Of a payment that settles all the rest all the rest is freed, so that cents are never lost; what is taken back waits once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ecluse.control.billing.models import ADVANCE, Invoice, Payment
from ecluse.control.billing.registers import read_seller
from ecluse.domain.money import cents


@dataclass(frozen=True, slots=True)
class Settled:
    """What happened to an invoice: money, or a credit note with so much tax."""

    amount: Decimal  # Below 0 it was taken back.
    credited_tax: Decimal | None = None  # None for money.
    is_kept: bool = False  # What was paid too much, and became an advance: that changes nothing of the tax.


def freed_by_each(gross: Decimal, tax: Decimal, happened: Iterable[Settled]) -> Iterator[Decimal]:
    """Tax that falls due by each, in order; by a credit note, below 0, what waits no more since nobody will pay it."""
    left, waits, paid, due = gross, tax, Decimal(0), Decimal(0)
    for each in happened:
        moved = _moved(each, left, waits, paid, due)
        yield moved
        left -= each.amount
        if each.credited_tax is not None:
            waits, due = waits + moved, due - (each.credited_tax + moved)
        elif not each.is_kept:
            waits, due, paid = waits - moved, due + moved, paid + each.amount


def _moved(each: Settled, left: Decimal, waits: Decimal, paid: Decimal, due: Decimal) -> Decimal:
    if each.is_kept:
        return Decimal(0)
    if each.credited_tax is not None:
        return -min(each.credited_tax, waits)
    if each.amount > 0:
        return waits if each.amount >= left else cents(Fraction(waits) * Fraction(each.amount) / Fraction(left))
    return -due if -each.amount >= paid else cents(Fraction(due) * Fraction(each.amount) / Fraction(paid))


def freed(invoice: Invoice, by: Invoice | Payment) -> Decimal:
    """By this payment or credit note of the invoice, after all that was there before it. In a scope, or where scopes are off."""
    if read_seller(invoice.seller).taxed_on_debits or not invoice.tax:
        return Decimal(0)
    happened = _happened(invoice)
    moves = freed_by_each(invoice.gross, invoice.tax, [each for _, each in happened])
    return next(move for (row, _), move in zip(happened, moves, strict=True) if row == by)


def _happened(invoice: Invoice) -> list[tuple[Invoice | Payment, Settled]]:
    found: list[tuple[datetime, int, Invoice | Payment, Settled]] = [
        (each.made_at, 0, each, Settled(each.gross, each.tax)) for each in invoice.credit_notes.all()
    ]
    for paid in invoice.payments.all():
        is_kept = paid.means == ADVANCE and paid.amount < 0
        found.append((paid.entered_at, 1, paid, Settled(paid.amount, is_kept=is_kept)))
    found.sort(key=lambda each: (each[0], each[1], each[2].pk))
    return [(row, settled) for _, _, row, settled in found]
