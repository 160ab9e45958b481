"""What was told of one invoice, as the provider's page of it shows: by the approved platform, and to the client that pays late (6-9, 6-10)."""

from __future__ import annotations

from datetime import datetime

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import queries
from ecluse.control.billing.dunning import Notice, NoticeKind
from ecluse.control.billing.notice_papers import notices_of
from ecluse.control.billing.queries import Invoice
from ecluse.domain.invoice_status import PlatformStatus
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.payments import LetterOut, letter_out
from ecluse.web.api.problems import NOT_FOUND, Problem
from ecluse.web.pages import or_404

router = Router(tags=["Invoices"])


class PlatformWordOut(BaseModel):
    """One word of the platform's."""

    status: PlatformStatus = Field(description="Code of the life cycle (XP Z12-012).")
    name: str = Field(description="The same as a word.", examples=["approved"])
    at: datetime
    reason: str


class PlatformWordsOut(BaseModel):
    """What became of the invoice there."""

    deposited_at: datetime | None = Field(
        description="When it was handed over; null: not yet, or there is no platform."
    )
    items: list[PlatformWordOut] = Field(description="The oldest first.")


class RungOut(BaseModel):
    """One rung of the ladder that this invoice climbed, and what became of it."""

    id: int
    kind: NoticeKind
    proposed_at: datetime
    approved_at: datetime | None = Field(description="null: it waits for a person, or came to nothing.")
    approved_by: str
    letter: str = Field(description="The reference of a registered letter, where one went.")
    sent_at: datetime | None = Field(description="When the client was told by mail.")
    refused_at: datetime | None = Field(description="When the mail server took none for the client's address.")
    declined_at: datetime | None
    declined_why: str
    dropped_at: datetime | None = Field(description="When nothing was left to pay.")
    lifted_at: datetime | None = Field(description="Of a suspension: when the client was served again.")
    papers: list[LetterOut] = Field(description="The oldest first; `GET .../notices/ID/papers/ID` has one.")


class RungsOut(BaseModel):
    """The lowest first; none: nothing was late."""

    items: list[RungOut]


@operation(router, "GET", "/invoices/{int:invoice_id}/platform", Permission.SEE_BILLING)
def list_platform_words(call: Call, invoice_id: int) -> PlatformWordsOut:
    """What the approved platform said became of it; by the provider's keys alone."""
    row = _find(call, invoice_id)
    return PlatformWordsOut(deposited_at=row.deposited_at, items=[_word(each) for each in row.told.all()])


@operation(router, "GET", "/invoices/{int:invoice_id}/notices", Permission.SEE_BILLING)
def list_invoice_notices(call: Call, invoice_id: int) -> RungsOut:
    """Its reminder, formal notice, suspension and termination, as far as it came; by the provider's keys alone."""
    return RungsOut(items=[_rung(each) for each in notices_of(_find(call, invoice_id))])


def _find(call: Call, invoice_id: int) -> Invoice:
    """Raises `Problem` and `Http404`."""
    if not call.is_of_provider:
        raise Problem(NOT_FOUND)
    row: Invoice = or_404(queries.find_invoice(invoice_id))
    return row


def _word(row: queries.PlatformEvent) -> PlatformWordOut:
    status = PlatformStatus(row.status)
    name = status.name.lower().replace("_", "-")
    return PlatformWordOut(status=status, name=name, at=row.at, reason=row.reason)


def _rung(row: Notice) -> RungOut:
    return RungOut(
        id=row.pk,
        kind=NoticeKind(row.kind),
        proposed_at=row.proposed_at,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        letter=row.letter,
        sent_at=row.sent_at,
        refused_at=row.refused_at,
        declined_at=row.declined_at,
        declined_why=row.declined_why,
        dropped_at=row.dropped_at,
        lifted_at=row.lifted_at,
        papers=[letter_out(each) for each in row.papers.all()],
    )
