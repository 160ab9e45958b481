"""Who has left by a right of his contract gets credit notes over what the invoices of its period asked for the months not begun.

3-8, 6-11, 10-1: one note for the invoice of the period, one for each of its amendments, with the tax that was asked. An
invoice whose day has not come yet is waited for. What cannot be credited, since others have been before, a person settles.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.invoices import credit
from ecluse.control.billing.models import Invoice, InvoiceKind
from ecluse.control.billing.numbering import numbered
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.totals import Line
from ecluse.control.contracts.models import Amendment, Contract, RefundRequest, RefundState
from ecluse.control.contracts.moves import note_change
from ecluse.control.contracts.prices import amendments_of_period
from ecluse.control.contracts.refunds import refund
from ecluse.control.contracts.terms import PARIS
from ecluse.domain.errors import Impossible

log = structlog.get_logger()

_BY = Actor(ActorKind.JOB, "invoices")


@dataclass(frozen=True, slots=True)
class _Share:
    """What one invoice gives back."""

    invoice: Invoice
    net: Decimal


def credit_refunds(now: datetime) -> int:
    """Write the notes of all who have left; of how many. For a job of the provider's, after the one that issues invoices."""
    with scopes_disabled():  # Requests of all clients.
        due = list(RefundRequest.objects.filter(state=RefundState.DUE).select_related("contract__client"))

    def write_notes(request: RefundRequest) -> bool:
        with scope(client=request.contract.client):
            return _is_credited(request, now)

    return for_each("credit a refund", due, write_notes, now)


def _is_credited(row: RefundRequest, now: datetime) -> bool:
    shares = _shares(row)
    if shares is None:
        return False
    try:
        return _is_written(row, shares, now)
    except Impossible as problem:
        log.error("refund not credited", contract=row.contract.reference, problem=str(problem))
        with change(by=_BY) as act:
            RefundRequest.objects.filter(pk=row.pk).update(state=RefundState.BY_HAND)
            note_change(act, row.contract, "refund-by-hand", f"{row.net} EUR")
        return False


def _is_written(row: RefundRequest, shares: list[_Share], now: datetime) -> bool:
    """All notes or none; of two workers the second finds them written."""
    with change(by=_BY) as act:
        rows = RefundRequest.objects.filter(pk=row.pk, state=RefundState.DUE)
        if not rows.update(state=RefundState.CREDITED):
            return False
        # As its invoices are dated: where the client is it may be the day before.
        day = now.astimezone(PARIS).date()
        notes = [
            credit(each.invoice, [_line(row, each)], f"Résiliation par le client ({row.cause})", dated=day, by=_BY)
            for each in shares
            if each.net
        ]
        references = [each.reference for each in notes]
        RefundRequest.objects.filter(pk=row.pk).update(credit_notes=references)
        note_change(act, row.contract, "refunded", f"{row.net} EUR: {', '.join(references) or 'nothing'}")
    return True


def _line(row: RefundRequest, share: _Share) -> Line:
    text = f"Mois non entamés au {row.leaves_on:%d/%m/%Y} (article {row.cause}), contrat {row.contract.reference}"
    return Line(text, Decimal(1), share.net, read_lines(share.invoice.lines)[0].vat)


def _shares(row: RefundRequest) -> list[_Share] | None:
    """None while one of the invoices is not there yet."""
    contract, period = row.contract, row.contract.period
    if period is None:
        return []
    wanted: list[tuple[Invoice | None, Decimal]] = [
        (_of_period(contract), refund(contract.price.net, period, row.leaves_on))
    ]
    unused = period.unused_months(row.leaves_on)
    wanted += [(_of_amendment(each), each.month.net * unused) for each in amendments_of_period(contract)]
    due = [(invoice, net) for invoice, net in wanted if net]
    found = [_Share(invoice, net) for invoice, net in due if invoice is not None]
    return found if len(found) == len(due) else None


def _of_period(contract: Contract) -> Invoice | None:
    found = Invoice.objects.filter(contract=contract, kind=InvoiceKind.INVOICE, period_after=contract.period_after)
    return found.first()


def _of_amendment(amendment: Amendment) -> Invoice | None:
    """By the reference that it has kept; None until it has one."""
    return numbered(amendment.invoice).first() if amendment.invoice else None
