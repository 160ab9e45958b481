"""Reading invoices: a client's in its scope, all of them for the provider's pages; with what is left to pay of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django_scopes import scopes_disabled

from ecluse.control.billing.invoice_days import PAYABLE_DAYS, is_late, sent_by
from ecluse.control.billing.invoices import Lacking, due_day, lacking_of, periods_due
from ecluse.control.billing.models import Invoice, InvoiceKind, NoticePaper, Payment, PlatformEvent, Purpose
from ecluse.control.contracts.models import Contract
from ecluse.domain.money import cents

__all__ = ["Invoice", "InvoiceKind", "NoticePaper", "Payment", "PlatformEvent"]

_MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=12, decimal_places=2)
_UNDER_A_CENT = Decimal("0.005")  # SQLite subtracts in floating point.


@dataclass(frozen=True, slots=True)
class Standing:
    """One invoice, and how it stands on a day."""

    invoice: Invoice
    left: Decimal  # To pay; of a credit note nothing.
    due: date | None
    day: date

    @property
    def is_late(self) -> bool:
        """It is not paid, and the day has passed (6-7)."""
        return self.left > 0 and self.due is not None and is_late(self.due, self.day)

    @property
    def is_unsent(self) -> bool:
        """The days within which it is mailed have passed (6-4)."""
        return self.invoice.sent_at is None and self.day > sent_by(self.invoice.dated)


def invoices(day: date) -> list[Standing]:
    """Of the scope's client, the newest first."""
    return _standings(Invoice.objects.all(), day)


def find_invoice(pk: int) -> Invoice | None:
    """Of the scope's client."""
    return Invoice.objects.select_related("client", "corrects", "contract", "seller", "buyer").filter(pk=pk).first()


def standing_of(invoice: Invoice, day: date) -> Standing:
    """One of them."""
    return _standings(Invoice.objects.filter(pk=invoice.pk), day)[0]


def invoices_of_all(day: date, *, search: str = "", is_open: bool = False) -> list[Standing]:
    """For the provider; `is_open`: of which something is left to pay."""
    with scopes_disabled():  # The provider's own list.
        rows = _standings(Invoice.objects.filter(client__name__icontains=search), day)
    return [each for each in rows if each.left > 0] if is_open else rows


@dataclass(frozen=True, slots=True)
class Sought:
    """Which invoices are looked for; each part narrows."""

    search: str = ""  # In the client's name.
    is_open: bool | None = None  # Something is left to pay.
    kind: str = ""  # Of `InvoiceKind`.
    since: date | None = None  # Dated then, or later.
    until: date | None = None  # Dated then, or before.


@contextmanager
def of_all_clients() -> Iterator[None]:
    """Within it the rows below are those of all clients: for the provider's own lists."""
    with scopes_disabled():
        yield


def sought_rows(sought: Sought) -> QuerySet[Invoice]:
    """Those of the scope that fit, each with what `standing` reads."""
    rows = _with_left(Invoice.objects.filter(client__name__icontains=sought.search))
    if sought.kind:
        rows = rows.filter(kind=sought.kind)
    if sought.since is not None:
        rows = rows.filter(dated__gte=sought.since)
    if sought.until is not None:
        rows = rows.filter(dated__lte=sought.until)
    if sought.is_open is None:
        return rows
    to_pay = Q(kind=InvoiceKind.INVOICE, left_to_pay__gt=_UNDER_A_CENT)
    return rows.filter(to_pay if sought.is_open else ~to_pay)


def late_invoices(day: date) -> list[Standing]:
    """Of all clients: what is not paid for services, and should be. For the provider, and its jobs."""
    with scopes_disabled():  # The provider's own list.
        # None is received before it is dated (6-6).
        rows = Invoice.objects.filter(
            kind=InvoiceKind.INVOICE, purpose=Purpose.SERVICES, dated__lt=day - timedelta(days=PAYABLE_DAYS)
        )
        to_pay = _with_left(rows).filter(left_to_pay__gt=_UNDER_A_CENT)  # type: ignore[misc]  # annotated there
        found = [standing(each, day) for each in to_pay.select_related("contract").prefetch_related("notices")]
        return [each for each in found if each.is_late]


def left_of(rows: QuerySet[Invoice]) -> Mapping[int, Decimal]:
    """What is left to pay of each of these, by its key: asked for at once."""
    return {each.pk: _left(each) for each in _summed(rows)}


def waiting(now: datetime) -> list[tuple[Contract, Lacking]]:
    """Contracts whose period should be invoiced and cannot be, and why."""
    found = ((contract, lacking_of(contract)) for contract, _ in periods_due(now))
    return [(contract, why) for contract, why in found if why is not None]


def invoice_rows() -> QuerySet[Invoice]:
    """Of the scope's client, each with what `standing` reads."""
    return _with_left(Invoice.objects.all())


def payments() -> QuerySet[Payment]:
    """For invoices of the scope's client."""
    return Payment.objects.select_related("invoice")


def standing(row: Invoice, day: date) -> Standing:
    """Of one of `invoice_rows`."""
    return Standing(row, _left(row), due_day(row), day)


def _standings(rows: QuerySet[Invoice], day: date) -> list[Standing]:
    return [standing(each, day) for each in _with_left(rows)]


def _with_left(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return _summed(rows).select_related("client", "buyer")


def _summed(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    credited = _sum_of(Invoice.objects.filter(corrects=OuterRef("pk")).order_by(), "corrects", "gross")
    paid = _sum_of(Payment.objects.filter(invoice=OuterRef("pk")).order_by(), "invoice", "amount")
    return rows.annotate(left_to_pay=F("gross") - credited - paid)


def _sum_of(rows: QuerySet[Invoice] | QuerySet[Payment], by: str, what: str) -> Coalesce:
    summed = rows.values(by).annotate(all=Sum(what)).values("all")
    return Coalesce(Subquery(summed, output_field=_MONEY), Value(Decimal(0), output_field=_MONEY))


def _left(row: Invoice) -> Decimal:
    left: Decimal = row.left_to_pay  # type: ignore[attr-defined]  # annotated above
    return cents(0 if row.is_credit else left)  # SQLite subtracts in floating point.
