"""How an invoice or a credit note comes to be: dated, numbered, summed, and told to the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Max
from django_scopes import scopes_disabled

from ecluse.control.audit.change import Change
from ecluse.control.billing.models import Invoice, InvoiceKind, Series
from ecluse.control.billing.numbering import next_number
from ecluse.control.billing.plain_lines import plain_lines
from ecluse.control.billing.totals import Line, totals
from ecluse.control.contracts.terms import PARIS

_SERIES = {InvoiceKind.INVOICE: "F", InvoiceKind.CREDIT_NOTE: "A"}


def write(act: Change, kind: InvoiceKind, lines: Sequence[Line], *, dated: date, **values: object) -> Invoice:
    """Within a change. Dated as asked where it is written in time; later, the day on which it is written.

    The law wants that day on it, and numbers in the order of days (CGI, annex II, 242 nonies A): one that is written months late,
    since it was not known who buys or no worker ran, is neither dated nor numbered among those of its time (docs/decisions/0030).
    """
    sums, day = totals(lines), max(dated, act.at.astimezone(PARIS).date())
    series, number = next_number(f"{_SERIES[kind]}{day.year}")
    row = Invoice.objects.create(
        kind=kind,
        series=series,
        number=number,
        dated=max(day, _newest_day(series) or day),
        lines=plain_lines(lines),
        net=sums.net,
        tax=sums.tax,
        gross=sums.gross,
        made_at=act.at,
        **values,
    )
    record(act, row, "issued", reference=row.reference, gross=row.gross)
    return row


def record(act: Change, invoice: Invoice, what: str, **said: object) -> None:
    """What became of it, in the audit trail."""
    after = {name: str(value) for name, value in said.items()}
    act.record(f"invoice.{what}", invoice, client_id=invoice.client_id, after=after)


def _newest_day(series: Series) -> date | None:
    """Of the numbers given so far: a clock that was put back, or a contract of another time zone, turns no order round."""
    with scopes_disabled():  # Numbers go through the invoices of all clients.
        newest: date | None = Invoice.objects.filter(series=series).aggregate(newest=Max("dated"))["newest"]
    return newest
