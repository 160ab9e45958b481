"""What the provider does with an invoice beside its payments, and with what a client has in advance. For its own programs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import advances, invoices, queries
from ecluse.control.billing.advances import Advance
from ecluse.control.billing.copies import send_again
from ecluse.control.billing.document import document_of
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.queries import Invoice
from ecluse.control.billing.totals import Line
from ecluse.web.api.all_invoices import FollowedInvoiceOut, followed_out
from ecluse.web.api.callers import Call
from ecluse.web.api.invoices import InvoiceOut, invoice_out
from ecluse.web.api.operations import operation
from ecluse.web.api.payments import MoneyIn, PaidOut, entered_out, money_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Invoices"])

# What no XML can hold is refused: a document with it could never be drawn.
Drawn = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f\ufffe\uffff]*$")
]


class CreditIn(BaseModel):
    """What is given back, and why."""

    model_config = ConfigDict(extra="forbid")

    net: str = Field(
        pattern=r"^[0-9]{1,10}\.[0-9]{2}$",
        description="EUR with two decimals, net of tax, above 0; the tax is that of the invoice's first line.",
        examples=["10.00"],
    )
    reason: Drawn = Field(max_length=300, description="As it stands on the credit note.")


class ReceivedIn(BaseModel):
    """When the client got it."""

    model_config = ConfigDict(extra="forbid")
    received_on: date = Field(description="A day that has come, in Paris, and not before the invoice's own.")


class AdvanceOut(BaseModel):
    """Money of the client's that no invoice asked for, as it is entered."""

    id: int
    on: date
    amount: str = Field(description="EUR with two decimals; below 0: given back.", examples=["12.00"])
    means: str
    reference: str
    in_advance: str = Field(description="EUR with two decimals that the client has now.")


@operation(router, "POST", "/invoices/{int:invoice_id}/credit-notes", Permission.CHANGE_CONTRACTS, status=201)
def credit_invoice(call: Call, invoice_id: int, body: CreditIn) -> InvoiceOut:
    """A credit note of today, no more than was invoiced; it is drawn and sent as invoices are.

    Send an Idempotency-Key: the same twice is two credit notes.
    """
    row = _row(invoice_id)
    line = Line(body.reason, Decimal(1), Decimal(body.net), document_of(row).lines[0].vat)
    note = invoices.credit(row, [line], body.reason, dated=today(), by=call.by)
    return invoice_out(queries.standing_of(note, today()))


@operation(router, "PUT", "/invoices/{int:invoice_id}/received", Permission.CHANGE_CONTRACTS)
def note_invoice_received(call: Call, invoice_id: int, body: ReceivedIn) -> FollowedInvoiceOut:
    """When the client got it: its thirty days run from then (6-6). Once: 409 where it is noted already."""
    row = _row(invoice_id)
    if body.received_on > today():
        raise invalid("body.received_on", "a day that has come")
    invoices.receive(row, body.received_on, by=call.by)
    return _followed(row)


@operation(router, "POST", "/invoices/{int:invoice_id}/copies", Permission.CHANGE_CONTRACTS, status=202)
def send_invoice_again(call: Call, invoice_id: int) -> FollowedInvoiceOut:
    """One more copy, to where the client wants its invoices now. 409 where one is about to be sent."""
    row = _row(invoice_id)
    send_again(row, by=call.by)
    return _followed(row)


@operation(router, "POST", "/invoices/{int:invoice_id}/payments/advance", Permission.CHANGE_CONTRACTS, status=201)
def pay_out_of_advance(call: Call, invoice_id: int) -> PaidOut:
    """Pay it, as far as that goes, with what its client has in advance. 409 where that is nothing, or it is paid."""
    return entered_out(advances.use_advance(_row(invoice_id), by=call.by))


@operation(router, "POST", "/invoices/{int:invoice_id}/payments/overpaid", Permission.CHANGE_CONTRACTS, status=201)
def keep_overpaid(call: Call, invoice_id: int) -> AdvanceOut:
    """Keep as an advance what was paid beyond what is owed, after a credit note. 409 where nothing was."""
    return _advance(advances.keep_overpaid(_row(invoice_id), by=call.by))


@operation(router, "POST", "/advances/given-back", Permission.CHANGE_CONTRACTS, status=201)
def give_advance_back(call: Call, body: MoneyIn) -> AdvanceOut:
    """Note that some of what the client has in advance was sent back to it; no more than it has.

    Send an Idempotency-Key: the same twice is given back twice.
    """
    return _advance(advances.give_back(call.client, money_of(body), by=call.by))


def _row(invoice_id: int) -> Invoice:
    return or_404(queries.find_invoice(invoice_id))


def _followed(row: Invoice) -> FollowedInvoiceOut:
    return followed_out(queries.standing_of(row, today()))


def _advance(row: Advance) -> AdvanceOut:
    return AdvanceOut(
        id=row.pk,
        on=row.on,
        amount=str(row.amount),
        means=row.means,
        reference=row.reference,
        in_advance=str(advances.in_advance()),
    )
