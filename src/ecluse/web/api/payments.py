"""What comes for invoices, and the ladder of those that are paid late: what the provider's own programs enter and answer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import dunning, invoices, queries
from ecluse.control.billing.dunning import Notice, NoticeKind
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.invoices import Received
from ecluse.control.billing.queries import NoticePaper, Payment, Standing
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Invoices"])


class MoneyIn(BaseModel):
    """Money that came, or went back."""

    model_config = ConfigDict(extra="forbid")

    amount: str = Field(
        pattern=r"^[0-9]{1,10}\.[0-9]{2}$", description="EUR with two decimals, above 0.", examples=["407.52"]
    )
    paid_on: date = Field(description="A day that has come, in Paris.")
    means: Literal["cheque", "transfer", "other"]
    reference: texts.Line = Field(default="", description="What the bank, or the cheque, says of it.")


class PaidOut(BaseModel):
    """One payment."""

    id: int
    invoice_id: int
    invoice: str = Field(description="The number that stands on the invoice.")
    paid_on: date
    amount: str = Field(description="EUR with two decimals; below 0: taken back.", examples=["407.52"])
    means: str = Field(description="cheque, transfer, advance or other.")
    reference: str
    entered_at: datetime
    left: str | None = Field(description="Left to pay of the invoice, as it is entered; null in lists.")


class LetterOut(BaseModel):
    """A letter of a rung that was drawn for the registered post: where less is left to pay there is another."""

    id: int
    left: str = Field(description="What it asks for: EUR with two decimals.", examples=["407.52"])
    made_at: datetime


class NoticeOut(BaseModel):
    """One rung of the ladder that an unpaid invoice climbs (6-9, 6-10), and waits for a person's answer."""

    id: int
    client_id: int
    invoice_id: int
    invoice: str
    kind: NoticeKind
    proposed_at: datetime
    left: str = Field(description="EUR with two decimals.", examples=["407.52"])
    due: date | None = Field(description="The last day on which it was paid in time.")
    papers: list[LetterOut] = Field(description="The oldest first; `GET .../notices/ID/papers/ID` has one.")


class NoticesOut(BaseModel):
    """Those of all clients, the oldest first."""

    items: list[NoticeOut]


class NoticeAnswerIn(BaseModel):
    """Yes, and it happens; or no, and the invoice climbs no further."""

    model_config = ConfigDict(extra="forbid")

    is_approved: bool
    letter: texts.Line = Field(default="", description="The reference of a registered letter, where one went.")
    why: texts.Reason = Field(default="", description="Of a no: demanded.")


class NoticeAnsweredOut(BaseModel):
    """How it was answered."""

    id: int
    kind: NoticeKind
    approved_at: datetime | None
    declined_at: datetime | None


@operation(router, "GET", "/payments", Permission.SEE_BILLING)
def list_payments(call: Call, asked: Query[Asked]) -> Page[PaidOut]:  # noqa: ARG001 - its scope is open.
    """What came for the client's invoices, and what was taken back; the newest first."""
    return page_of(queries.payments(), asked, _paid, newest_first=True)


@operation(router, "POST", "/invoices/{int:invoice_id}/payments", Permission.CHANGE_CONTRACTS, status=201)
def enter_payment(call: Call, invoice_id: int, body: MoneyIn) -> PaidOut:
    """Money for an invoice, no more than is left to pay; by the provider's keys alone.

    Send an Idempotency-Key: two transfers of one amount on one day are two payments.
    """
    row = or_404(queries.find_invoice(invoice_id))
    return entered_out(invoices.pay(row, money_of(body), by=call.by))


@operation(router, "POST", "/invoices/{int:invoice_id}/payments/taken-back", Permission.CHANGE_CONTRACTS, status=201)
def take_back_payment(call: Call, invoice_id: int, body: MoneyIn) -> PaidOut:
    """A cheque that bounced, or money given back: no more than came. The payment itself stays."""
    row = or_404(queries.find_invoice(invoice_id))
    return entered_out(invoices.take_back(row, money_of(body), by=call.by))


@operation(router, "GET", "notices", Permission.SEE_BILLING, is_of_client=False)
def list_notices(_call: Call) -> NoticesOut:
    """Rungs of late payment of all clients that wait for an answer: formal notice, suspension, termination."""
    return NoticesOut(items=[_notice(*each) for each in dunning.notices_waiting(today())])


@operation(router, "POST", "/notices/{int:notice_id}/answer", Permission.CHANGE_CONTRACTS)
def answer_notice(call: Call, notice_id: int, body: NoticeAnswerIn) -> NoticeAnsweredOut:
    """A yes does at once what the rung says, and tells the client; by the provider's keys alone."""
    row = or_404(dunning.find_notice(notice_id))
    if body.is_approved:
        dunning.approve(row, body.letter, by=call.by)
    else:
        dunning.decline(row, body.why, by=call.by)
    return NoticeAnsweredOut(
        id=row.pk, kind=NoticeKind(row.kind), approved_at=row.approved_at, declined_at=row.declined_at
    )


def money_of(body: MoneyIn) -> Received:
    """Raises `Problem` for a day to come."""
    if body.paid_on > today():
        raise invalid("body.paid_on", "a day that has come")
    return Received(Decimal(body.amount), body.paid_on, body.means, body.reference)


def entered_out(row: Payment) -> PaidOut:
    """As it is entered."""
    return _paid(row).model_copy(update={"left": str(invoices.balance(row.invoice))})


def letter_out(row: NoticePaper) -> LetterOut:
    """As it is named where its rung is."""
    return LetterOut(id=row.pk, left=str(row.left), made_at=row.made_at)


def _paid(row: Payment) -> PaidOut:
    return PaidOut(
        id=row.pk,
        invoice_id=row.invoice_id,
        invoice=row.invoice.reference,
        paid_on=row.paid_on,
        amount=str(row.amount),
        means=row.means,
        reference=row.reference,
        entered_at=row.entered_at,
        left=None,
    )


def _notice(row: Notice, standing: Standing) -> NoticeOut:
    return NoticeOut(
        id=row.pk,
        client_id=row.client_id,
        invoice_id=row.invoice_id,
        invoice=row.invoice.reference,
        kind=NoticeKind(row.kind),
        proposed_at=row.proposed_at,
        left=str(standing.left),
        due=standing.due,
        papers=[letter_out(each) for each in row.papers.all()],
    )
