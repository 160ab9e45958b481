"""A client's invoices, their files, and its account."""

from __future__ import annotations

from base64 import b64encode
from datetime import date
from decimal import Decimal
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import queries
from ecluse.control.billing.account import Entry, What, account
from ecluse.control.billing.document import document_of
from ecluse.control.billing.files import file_of
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.queries import Invoice, Payment, Standing
from ecluse.control.billing.totals import Line, VatCategory
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.pages import or_404

router = Router(tags=["Invoices"])

Money = Annotated[str, Field(description="EUR with two decimals.", examples=["407.52"])]


class InvoiceOut(BaseModel):
    """An invoice or a credit note."""

    id: int
    reference: str = Field(description="The number that stands on it.")
    kind: str = Field(description="380: an invoice; 381: a credit note (UNTDID 1001).")
    purpose: str = Field(description="services; late: penalties and the indemnity for late payment, without tax.")
    dated: date
    period_start: date | None
    period_end: date | None = Field(description="The last day that is paid for.")
    net: Money
    tax: Money
    gross: Money
    left: Money = Field(description="Left to pay; of a credit note nothing; below 0: more was paid than is owed.")
    due: date | None = Field(description="The last day to pay in time; null until it was sent.")
    is_late: bool


class InvoiceLineOut(BaseModel):
    """One line of it."""

    text: str
    note: str = Field(description="How it was computed, where that is said.")
    quantity: str = Field(description="Below 0: given back.")
    unit_price: str = Field(description="EUR net of tax, up to four decimals.")
    net: Money
    vat_category: VatCategory = Field(description="UNTDID 5305.")
    vat_percent: str


class PaymentOut(BaseModel):
    """What came for it."""

    paid_on: date
    amount: Money = Field(description="Below 0: taken back.")
    means: str = Field(description="cheque, transfer, advance or other.")
    reference: str


class InvoiceWholeOut(InvoiceOut):
    """One of them with all that stands on it, and came for it."""

    contract: str
    corrects: str = Field(description="Of a credit note: the invoice of which it takes something off.")
    reason: str = Field(description="Of a credit note.")
    lines: list[InvoiceLineOut]
    payments: list[PaymentOut]
    credit_notes: list[str] = Field(description="Those that take something off it, by their numbers.")


class InvoiceFileOut(BaseModel):
    """The file as it was made: PDF with the XML in it (Factur-X)."""

    name: str
    pdf: str = Field(description="In base64.")


class AccountEntryOut(BaseModel):
    """One entry of the account."""

    on: date
    what: What
    reference: str
    amount: Money = Field(description="Above 0 the client owes it; below 0 it has paid, or was given it.")
    balance: Money = Field(description="Owed after it; below 0 the client has so much.")


class ComingOut(BaseModel):
    """What the next invoice takes beside its period."""

    id: int
    kind: str
    text: str
    net: Money | None = Field(description="Below 0: given back; null: a share, known when the invoice is written.")


class AccountOut(BaseModel):
    """What is owed, and how it came to that."""

    balance: Money
    in_advance: Money
    coming: list[ComingOut]
    entries: list[AccountEntryOut] = Field(description="The oldest first.")


@operation(router, "GET", "/invoices", Permission.SEE_BILLING)
def list_invoices(call: Call, asked: Query[Asked]) -> Page[InvoiceOut]:  # noqa: ARG001 - as all views
    """All of them, the newest first."""
    day = today()
    return page_of(
        queries.invoice_rows(), asked, lambda row: invoice_out(queries.standing(row, day)), newest_first=True
    )


@operation(router, "GET", "/invoices/{int:invoice_id}", Permission.SEE_BILLING)
def show_invoice(call: Call, invoice_id: int) -> InvoiceWholeOut:  # noqa: ARG001 - as above
    """One, with its lines and what came for it."""
    row = or_404(queries.find_invoice(invoice_id))
    document = document_of(row)
    return InvoiceWholeOut(
        **invoice_out(queries.standing_of(row, today())).model_dump(),
        contract=document.contract,
        corrects=document.corrects,
        reason=document.reason,
        lines=[_line(each) for each in document.lines],
        payments=[_payment(each) for each in row.payments.all()],
        credit_notes=[each.reference for each in row.credit_notes.all()],
    )


@operation(router, "GET", "/invoices/{int:invoice_id}/file", Permission.SEE_BILLING, keeps_answers=False)
def show_invoice_file(call: Call, invoice_id: int) -> InvoiceFileOut:  # noqa: ARG001 - as above
    """404 until it was drawn."""
    row: Invoice = or_404(queries.find_invoice(invoice_id))
    return InvoiceFileOut(name=f"{row.reference}.pdf", pdf=b64encode(or_404(file_of(row))).decode())


@operation(router, "GET", "/account", Permission.SEE_BILLING)
def show_account(call: Call) -> AccountOut:  # noqa: ARG001 - as above
    """The statement of the client's account."""
    found = account()
    return AccountOut(
        balance=str(found.balance),
        in_advance=str(found.in_advance),
        coming=[ComingOut(id=each.pk, kind=each.kind, text=each.text, net=_or_none(each.net)) for each in found.coming],
        entries=[_entry(each) for each in found.entries],
    )


def invoice_out(standing: Standing) -> InvoiceOut:
    """As all operations answer."""
    row = standing.invoice
    return InvoiceOut(
        id=row.pk,
        reference=row.reference,
        kind=row.kind,
        purpose=row.purpose,
        dated=row.dated,
        period_start=row.period_start,
        period_end=row.period_end,
        net=str(row.net),
        tax=str(row.tax),
        gross=str(row.gross),
        left=str(standing.left),
        due=standing.due if standing.left > 0 else None,
        is_late=standing.is_late,
    )


def _line(line: Line) -> InvoiceLineOut:
    return InvoiceLineOut(
        text=line.text,
        note=line.note,
        quantity=str(line.quantity),
        unit_price=str(line.unit_price),
        net=str(line.net),
        vat_category=line.vat.category,
        vat_percent=str(line.vat.percent),
    )


def _payment(row: Payment) -> PaymentOut:
    return PaymentOut(paid_on=row.paid_on, amount=str(row.amount), means=row.means, reference=row.reference)


def _entry(entry: Entry) -> AccountEntryOut:
    return AccountEntryOut(
        on=entry.on,
        what=entry.what,
        reference=entry.reference,
        amount=str(entry.amount),
        balance=str(entry.balance),
    )


def _or_none(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
