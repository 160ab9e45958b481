"""What a client's contract gives it the choice of: a credit or the end for a broken promise, to leave for a change (10-6, 3-8).

An offer and an amendment are accepted at the console alone, by a person (3-1, 17-1).
"""

from __future__ import annotations

from datetime import date, datetime

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import change_notices
from ecluse.control.contracts.change_notices import ToldChange
from ecluse.control.sla import breaches, remedies
from ecluse.control.sla.breaches import Breach, BreachKind, Remedy
from ecluse.web.api.callers import Call
from ecluse.web.api.contracts import contract_at
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404
from ecluse.web.sla_words import percent_in_words

router = Router(tags=["Contracts"])


class ChoiceOut(BaseModel):
    """A promise that a month broke, and what may be chosen for it. Amounts are EUR, net of tax."""

    id: int
    month: date
    kind: BreachKind
    contract: str
    choose_until: date = Field(description="That day included (6-11).")
    is_open: bool
    percent: str = Field(description="Of a credit: of the next invoice, or of a month; 0: no money is given for it.")
    credit: str | None = Field(description="null: a share of the next invoice, known when that is written.")
    refund: str = Field(description="For the whole months not begun, if the contract ended today.")
    choice: str = Field(description='credit, terminate, or "": nothing is chosen yet.')
    chosen_at: datetime | None


class RemedyIn(BaseModel):
    """Which of both, once."""

    model_config = ConfigDict(extra="forbid")

    remedy: Remedy
    ends_the_contract: bool = Field(default=False, description="Who chooses `terminate` says so once more.")


class ToldChangeOut(BaseModel):
    """A change of terms, prices or the service that the client was told of."""

    id: int
    title: str
    text_fr: str
    text_en: str
    effective_on: date
    is_unfavourable: bool
    told_on: date
    leave_until: date | None = Field(description="The last day to ask for it; null where it gives no right to leave.")
    may_leave: bool = Field(description="Today.")


class ToldChangesOut(BaseModel):
    """All of a contract's, the newest first."""

    items: list[ToldChangeOut]


class LeaveIn(BaseModel):
    """The end of the contract, on a day from today on, within the period."""

    model_config = ConfigDict(extra="forbid")

    leaves_on: date
    ends_the_contract: bool = Field(description="true, or nothing happens.")


class LeavingOut(BaseModel):
    """A credit note follows."""

    contract: str
    leaves_on: date


@operation(router, "GET", "/sla/breaches/{int:breach_id}", Permission.SEE_BILLING)
def show_breach(call: Call, breach_id: int) -> ChoiceOut:  # noqa: ARG001 - its scope is open.
    """One promise that was broken, and what may be chosen for it."""
    return _choice(or_404(breaches.find_breach(breach_id)))


@operation(router, "POST", "/sla/breaches/{int:breach_id}/choice", Permission.ACCEPT_CONTRACTS)
def choose_remedy(call: Call, breach_id: int, body: RemedyIn) -> ChoiceOut:
    """Once, and it is carried out at once: `terminate` ends the contract now. By keys of the client's owners alone."""
    row = or_404(breaches.find_breach(breach_id))
    if body.remedy is Remedy.TERMINATE and not body.ends_the_contract:
        raise invalid("body.ends_the_contract", "true, where the contract is to end")
    remedies.choose(row, body.remedy, row.contract.today, by=call.by)
    return _choice(row)


@operation(router, "GET", "/contracts/{int:contract_id}/changes", Permission.SEE_BILLING)
def list_told_changes(call: Call, contract_id: int) -> ToldChangesOut:
    """What the provider has changed about it, and until when the client may leave for that."""
    row = contract_at(call, contract_id)
    return ToldChangesOut(items=[_told(each, row.today) for each in change_notices.told_to(row)])


@operation(router, "POST", "/contracts/{int:contract_id}/changes/{int:told_id}/leave", Permission.ACCEPT_CONTRACTS)
def leave_contract(call: Call, contract_id: int, told_id: int, body: LeaveIn) -> LeavingOut:
    """The client leaves for this change, once. By keys of the client's owners alone."""
    row = contract_at(call, contract_id)
    told = or_404(change_notices.find_told(row, told_id))
    if not body.ends_the_contract:
        raise invalid("body.ends_the_contract", "true, where the contract is to end")
    asked = change_notices.leave(told, leaves_on=body.leaves_on, by=call.by)
    return LeavingOut(contract=row.reference, leaves_on=asked.leaves_on)


def _choice(row: Breach) -> ChoiceOut:
    day = row.contract.today
    offer = remedies.offer_of(row, day)
    return ChoiceOut(
        id=row.pk,
        month=row.closing.month,
        kind=BreachKind(row.kind),
        contract=row.contract.reference,
        choose_until=row.choose_until,
        is_open=row.is_open(day),
        percent=percent_in_words(offer.percent),
        credit=None if offer.amount is None else str(offer.amount),
        refund=str(offer.refund),
        choice=row.choice,
        chosen_at=row.chosen_at,
    )


def _told(row: ToldChange, day: date) -> ToldChangeOut:
    notice = row.notice
    return ToldChangeOut(
        id=row.pk,
        title=notice.title,
        text_fr=notice.text_fr,
        text_en=notice.text_en,
        effective_on=notice.effective_on,
        is_unfavourable=notice.is_unfavourable,
        told_on=row.told_on,
        leave_until=change_notices.last_day(row) if notice.is_unfavourable else None,
        may_leave=change_notices.may_leave(row, day),
    )
