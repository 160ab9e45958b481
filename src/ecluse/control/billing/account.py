"""The statement of a client's account: what was invoiced, what came, and what it owes after each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db.models import Sum

from ecluse.control.billing.advances import in_advance
from ecluse.control.billing.coming_lines import open_lines
from ecluse.control.billing.models import ADVANCE, Advance, ComingLine, Invoice, Payment
from ecluse.control.contracts.models import Contract
from ecluse.domain.money import cents

__all__ = ["ComingLine"]


class What(StrEnum):
    """What an entry is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"
    PAYMENT = "payment"
    TAKEN_BACK = "taken-back"
    ADVANCE = "advance"
    GIVEN_BACK = "given-back"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of it."""

    on: date
    what: What
    reference: str
    amount: Decimal  # Above 0 the client owes it, below 0 it has paid or was given it.
    balance: Decimal  # Owed after it; below 0 the client has so much.
    invoice_id: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Of one client, the oldest first."""

    entries: tuple[Entry, ...]
    coming: tuple[ComingLine, ...]  # What the next invoice takes.
    in_advance: Decimal

    @property
    def balance(self) -> Decimal:
        """Owed now."""
        return self.entries[-1].balance if self.entries else Decimal("0.00")


def account() -> Account:
    """Of the scope's client."""
    return Account(tuple(_balanced(_moves())), tuple(open_lines()), in_advance())


def received_under(contract: Contract) -> Decimal:
    """All that was paid under it, and not taken back, tax included: the provider is liable for no more (11-1). In its client's scope."""
    found = Payment.objects.filter(invoice__contract=contract).aggregate(all=Sum("amount"))["all"]
    return cents(found or 0)  # SQLite adds in floating point.


_Move = tuple[date, int, What, str, Decimal, int | None]  # On the same day what is owed comes first.


def _moves() -> Iterator[_Move]:
    for each in Invoice.objects.all():
        what, sign = (What.CREDIT_NOTE, -1) if each.is_credit else (What.INVOICE, 1)
        yield each.dated, 1 if each.is_credit else 0, what, each.reference, sign * each.gross, each.pk
    for paid in Payment.objects.exclude(means=ADVANCE).select_related("invoice"):
        what = What.PAYMENT if paid.amount > 0 else What.TAKEN_BACK
        yield paid.paid_on, 2, what, paid.invoice.reference, -paid.amount, paid.invoice_id
    # What an advance pays changes nothing of what is owed: it came before.
    for kept in Advance.objects.exclude(means=ADVANCE):
        yield kept.on, 2, What.ADVANCE if kept.amount > 0 else What.GIVEN_BACK, kept.reference, -kept.amount, None


def _balanced(moves: Iterable[_Move]) -> Iterator[Entry]:
    balance = Decimal("0.00")
    for on, _, what, reference, amount, invoice_id in sorted(moves, key=lambda each: each[:2]):
        balance += amount
        yield Entry(on, what, reference, amount, balance, invoice_id)
