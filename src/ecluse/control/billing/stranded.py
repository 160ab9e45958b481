"""Claims that no invoice takes: what is given back becomes a credit note, what is asked an invoice of its own.

What is given back waits for the next invoice of its client for a year at most; where no contract is in force no invoice will
come, and nothing waits at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import structlog
from django.db.models import Q, QuerySet, Sum
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.claim_invoices import invoice_claims
from ecluse.control.billing.coming_lines import Taken, line_of, mark_taken, open_lines
from ecluse.control.billing.invoices import credit, credited
from ecluse.control.billing.models import UNTAXED, ComingLine, Invoice, InvoiceKind, Purpose
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import newest_buyer, newest_seller, read_buyer
from ecluse.control.billing.totals import Line, Vat, totals
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.contracts.terms import PARIS, months_after
from ecluse.control.tenants.models import Client
from ecluse.domain.money import cents

log = structlog.get_logger()

WAIT_MONTHS = 12
_LOOKED_AT_AFTER = timedelta(days=WAIT_MONTHS * 30)  # Shorter than any twelve months.
_BY = Actor(ActorKind.JOB, "invoices")


def place_stranded(now: datetime) -> int:
    """Give each such claim a document; how many. A job of the provider's, after the invoices of periods."""
    with scopes_disabled():  # Claims of all clients.
        found = ComingLine.objects.filter(invoice=None, waived_at=None).exclude(kind__in=UNTAXED)
        served = Contract.objects.filter(state__in=IN_FORCE).values("client")
        stranded = found.filter(~Q(client__in=served) | Q(made_at__lt=now - _LOOKED_AT_AFTER))
        clients = list(Client.objects.filter(pk__in=stranded.values("client")))

    def place(client: Client) -> int:
        with scope(client=client):
            return _placed(now)

    return for_each("place a client's claims", clients, place, now)


def _placed(now: datetime) -> int:
    rows, is_served = [each for each in open_lines() if each.kind not in UNTAXED], contract_in_force() is not None
    back = [each for each in rows if _gives_back(each) and (not is_served or _has_waited(each, now))]
    asked = [] if is_served else [each for each in rows if not _gives_back(each)]
    return sum(_is_given_back(each, now) for each in back) + (len(asked) if asked and _is_asked(asked) else 0)


def _gives_back(row: ComingLine) -> bool:
    return row.net is None or row.net < 0


def _has_waited(row: ComingLine, now: datetime) -> bool:
    made_on = row.made_at.astimezone(PARIS).date()
    return now.astimezone(PARIS).date() >= months_after(made_on, WAIT_MONTHS)


def _is_given_back(row: ComingLine, now: datetime) -> bool:
    """By a credit note on the newest invoice that it fits on; False, and told, where it fits on none."""
    with change(by=_BY) as act:
        row = ComingLine.objects.select_for_update().get(pk=row.pk)
        for invoice in _invoices_for(row):
            line = _positive(line_of(row, _vat_of(invoice), _price_of(invoice)))
            if row.invoice_id is None and 0 < totals([line]).gross <= invoice.gross - credited(invoice):
                note = credit(invoice, [line], row.text, dated=now.astimezone(PARIS).date(), by=_BY)
                mark_taken(act, [Taken(row, Line(line.text, Decimal(-1), line.unit_price, line.vat))], note)
                return True
    _say_unplaced(row.source)
    return False


@cache
def _say_unplaced(source: str) -> None:
    """Once in the life of a worker: the account's page shows it as long as it is so."""
    log.warning("credit fits on no invoice", source=source)


def _is_asked(rows: Iterable[ComingLine]) -> bool:
    seller, buyer = newest_seller(), newest_buyer()
    if seller is None or buyer is None:
        return False  # `invoices.issue_due` has told of it.
    with change(by=_BY) as act:
        return invoice_claims(act, rows, read_buyer(buyer).vat, seller=seller, buyer=buyer) is not None


def _invoices_for(row: ComingLine) -> QuerySet[Invoice]:
    """The newest first; a share is one of a period's."""
    found = Invoice.objects.filter(kind=InvoiceKind.INVOICE, purpose=Purpose.SERVICES)
    return found.filter(period_after__isnull=False) if row.percent else found


def _price_of(invoice: Invoice) -> Decimal:
    """What a share is taken of: its period's price, without what stood beside it."""
    return invoice.net - cents(invoice.taken_lines.aggregate(all=Sum("net"))["all"] or 0)


def _vat_of(invoice: Invoice) -> Vat:
    return read_lines(invoice.lines)[0].vat


def _positive(line: Line) -> Line:
    """On a credit note what is given back stands above 0."""
    return Line(line.text, abs(line.quantity), line.unit_price, line.vat, line.note)
