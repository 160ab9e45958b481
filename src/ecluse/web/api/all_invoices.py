"""Invoices of all clients in one list, and what cannot be invoiced: for the provider's own programs."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import queries
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.invoices import Lacking
from ecluse.control.billing.queries import InvoiceKind, Sought, Standing
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.invoices import InvoiceOut, invoice_out
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of

router = Router(tags=["Invoices"])


class FollowedInvoiceOut(InvoiceOut):
    """One, and how far it has come."""

    client_id: int
    client: str
    sent_at: datetime | None = Field(description="The copy by mail (6-4).")
    is_unsent: bool = Field(description="The days within which it is mailed have passed, and it was not (6-4).")
    refused_at: datetime | None = Field(description="When the mail server took none for this address.")
    received_on: date | None = Field(description="By the client, as far as somebody has told (6-6).")


class InvoicesAsked(Asked):
    """Which of them."""

    q: texts.Search = ""
    is_open: bool | None = Field(default=None, description="Something is left to pay.")
    kind: InvoiceKind | None = Field(default=None, description="380: invoices; 381: credit notes.")
    dated_from: date | None = None
    dated_until: date | None = None


class NotInvoicedOut(BaseModel):
    """A contract whose period should be invoiced and cannot be."""

    contract_id: int
    contract: str
    client_id: int
    client: str
    lacking: Lacking = Field(description="Who is not known: the seller, or the buyer.")


class NotInvoicedListOut(BaseModel):
    """All of them."""

    items: list[NotInvoicedOut]


@operation(router, "GET", "invoices", Permission.SEE_BILLING, is_of_client=False)
def list_all_invoices(_call: Call, asked: Query[InvoicesAsked]) -> Page[FollowedInvoiceOut]:
    """Of all clients, the newest first; `q` looks in the client's name."""
    day, kind = today(), "" if asked.kind is None else asked.kind.value
    sought = Sought(asked.q, asked.is_open, kind, asked.dated_from, asked.dated_until)
    with queries.of_all_clients():
        rows = queries.sought_rows(sought)
        return page_of(rows, asked, lambda row: followed_out(queries.standing(row, day)), newest_first=True)


@operation(router, "GET", "invoices/not-invoiced", Permission.SEE_BILLING, is_of_client=False)
def list_not_invoiced(_call: Call) -> NotInvoicedListOut:
    """Contracts of all clients whose period should be invoiced and cannot be: somebody is not known."""
    items = [
        NotInvoicedOut(
            contract_id=contract.pk,
            contract=contract.reference,
            client_id=contract.client_id,
            client=contract.client.name,
            lacking=why,
        )
        for contract, why in queries.waiting(timezone.now())
    ]
    return NotInvoicedListOut(items=items)


def followed_out(standing: Standing) -> FollowedInvoiceOut:
    """As the provider's operations answer."""
    row = standing.invoice
    return FollowedInvoiceOut(
        **invoice_out(standing).model_dump(),
        client_id=row.client_id,
        client=row.client.name,
        sent_at=row.sent_at,
        is_unsent=standing.is_unsent,
        refused_at=row.refused_at,
        received_on=row.received_on,
    )
