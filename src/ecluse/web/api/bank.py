"""Money that came to the provider's account: lines of its bank, kept once, and whose each is (6-5). For the provider's own programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import bank_lines, queries
from ecluse.control.billing.bank_lines import BankLine
from ecluse.control.billing.bank_row import MAX_LABEL, BankRow, label_of
from ecluse.control.billing.invoice_days import today
from ecluse.control.billing.matching import Proposal, Why, propose
from ecluse.control.billing.queries import Standing
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Invoices"])

Words = Annotated[str, StringConstraints(strip_whitespace=True), Field(pattern=r"^[^\x00]*$")]


class LineIn(BaseModel):
    """One line, as the bank has it."""

    model_config = ConfigDict(extra="forbid")

    booked_on: date = Field(description="A day that has come, in Paris.")
    label: Words = Field(min_length=1, max_length=MAX_LABEL)
    amount: str = Field(pattern=r"^[0-9]{1,10}\.[0-9]{2}$", description="EUR with two decimals.", examples=["407.52"])
    reference: texts.Line = Field(
        default="", description="The bank's own of this line: it tells two apart that say the same, also on one day."
    )


class LinesIn(BaseModel):
    """Lines of money that came."""

    model_config = ConfigDict(extra="forbid")
    lines: list[LineIn] = Field(min_length=1, max_length=bank_lines.AT_ONCE)


class KeptOut(BaseModel):
    """What became of them."""

    new: int
    known: int = Field(description="They were sent, or imported, before.")


class ProposalOut(BaseModel):
    """Whom it may be from: a guess, by which nothing is paid."""

    client_id: int
    client: str
    why: Why
    invoices: list[str] = Field(description="The numbers that stand on the invoices it would pay, in this order.")
    left: str = Field(description="EUR with two decimals that would be kept as an advance.")


class LineOut(BaseModel):
    """One of which nobody has said whose it is."""

    id: int
    booked_on: date
    label: str
    amount: str = Field(description="EUR with two decimals.", examples=["407.52"])
    imported_at: datetime
    proposal: ProposalOut | None


class WhoseIn(BaseModel):
    """Whose it is."""

    model_config = ConfigDict(extra="forbid")
    to: Words = Field(
        min_length=1,
        max_length=300,
        description="Numbers of invoices of one client, in the order in which they are paid; or a client's name, for which it is kept.",
    )


class AppliedOut(BaseModel):
    """It is entered."""

    id: int
    client_id: int
    left: str = Field(description="EUR with two decimals that are kept as an advance.")


class IgnoredOut(BaseModel):
    """It is no client's."""

    id: int
    ignored_at: datetime | None


@operation(router, "GET", "bank-lines", Permission.SEE_BILLING, is_of_client=False)
def list_bank_lines(_call: Call, asked: Query[Asked]) -> Page[LineOut]:
    """Money of which nobody has said whose it is, the newest first, each with whom it may be from."""
    unpaid = queries.invoices_of_all(today(), is_open=True)
    return page_of(bank_lines.waiting_lines(), asked, lambda row: _line(row, unpaid), newest_first=True)


@operation(router, "POST", "bank-lines", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def keep_bank_lines(call: Call, body: LinesIn) -> KeptOut:
    """Keep money that came, each line once however often it is sent; nothing is paid by that.

    Two that say the same are one, unless they come in one request, or the bank's references differ.
    """
    done = bank_lines.keep_rows([_row(each) for each in body.lines], by=call.by)
    return KeptOut(new=done.new, known=done.known)


@operation(router, "POST", "bank-lines/{int:bank_line_id}/apply", Permission.CHANGE_CONTRACTS, is_of_client=False)
def apply_bank_line(call: Call, bank_line_id: int, body: WhoseIn) -> AppliedOut:
    """Pay a client's invoices with it; what is left is kept as an advance. 409 where somebody was faster, or one is paid."""
    row = or_404(bank_lines.find_line(bank_line_id))
    client, invoices = bank_lines.whose(body.to)
    left = bank_lines.apply_line(row, client, invoices, by=call.by)
    return AppliedOut(id=row.pk, client_id=client.pk, left=str(left))


@operation(router, "POST", "bank-lines/{int:bank_line_id}/ignore", Permission.CHANGE_CONTRACTS, is_of_client=False)
def ignore_bank_line(call: Call, bank_line_id: int) -> IgnoredOut:
    """It came from no client. 409 where somebody was faster."""
    row = or_404(bank_lines.find_line(bank_line_id))
    bank_lines.ignore_line(row, by=call.by)
    return IgnoredOut(id=row.pk, ignored_at=row.ignored_at)


def _row(line: LineIn) -> BankRow:
    """Raises `Problem` for a day to come, and for nothing."""
    if line.booked_on > today():
        raise invalid("body.lines.booked_on", "a day that has come")
    if not Decimal(line.amount):
        raise invalid("body.lines.amount", "above 0")
    return BankRow(line.booked_on, label_of(line.label), Decimal(line.amount), line.reference)


def _line(row: BankLine, unpaid: Sequence[Standing]) -> LineOut:
    found = propose(row, unpaid)
    return LineOut(
        id=row.pk,
        booked_on=row.booked_on,
        label=row.label,
        amount=str(row.amount),
        imported_at=row.imported_at,
        proposal=None if found is None else _proposal(found),
    )


def _proposal(found: Proposal) -> ProposalOut:
    return ProposalOut(
        client_id=found.client.pk,
        client=found.client.name,
        why=found.why,
        invoices=[standing.invoice.reference for standing, _ in found.parts],
        left=str(found.left),
    )
