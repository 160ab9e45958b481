"""Changes of terms, prices or the service: what the provider tells its clients, and who leaves for it (3-8). For its own programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import change_notices
from ecluse.control.contracts.change_notices import LAST_DAY, MAX_TEXT, MAX_TITLE, ChangeNotice, ChangeTerms, ToldChange
from ecluse.control.contracts.refund_requests import RefundState
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Contracts"])

Text = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00]*$")
]


class ChangeIn(BaseModel):
    """What changes, and for whom that is worse."""

    model_config = ConfigDict(extra="forbid")
    title: texts.Line = Field(min_length=1, max_length=MAX_TITLE)
    text_fr: Text
    text_en: Text
    effective_on: date = Field(le=LAST_DAY)
    is_unfavourable: bool = Field(description="To the clients' disadvantage: they may leave, and are given back (3-8).")
    has_new_terms: bool = Field(
        default=False, description="The newest terms of sale hold for all contracts from that day on."
    )
    has_new_prices: bool = Field(
        default=False, description="The newest price list is meant, which holds from each contract's renewal on."
    )
    is_sure: bool = Field(description="true, or nothing happens: it goes to all clients by mail, at once.")


class ChangeNoticeOut(BaseModel):
    """One that was published; never changed."""

    id: int
    made_at: datetime
    made_by: str
    title: str
    text_fr: str
    text_en: str
    effective_on: date
    is_unfavourable: bool
    old_terms: str = Field(description='Version of the terms of sale; "": none.')
    new_terms: str = Field(description='"": they stay.')
    old_price_list: int | None
    new_price_list: int | None = Field(description="null: it stays.")


class ToldClientOut(BaseModel):
    """One contract that it concerns."""

    client_id: int
    client: str
    contract_id: int
    contract: str
    told_on: date
    letters: int = Field(description="To its owners.")
    letters_sent: int
    letters_refused: int = Field(description="No mail server took them.")
    leaves_on: date | None = Field(description="null: the client has not asked to leave for it.")
    refund: RefundState | None


class ChangeNoticeWhole(ChangeNoticeOut):
    """The same, and whom it was told to."""

    told: list[ToldClientOut]


@operation(router, "GET", "change-notices", Permission.SEE_BILLING, is_of_client=False)
def list_change_notices(_call: Call, asked: Query[Asked]) -> Page[ChangeNoticeOut]:
    """All of them, the newest first."""
    return page_of(change_notices.notices(), asked, _notice, newest_first=True)


@operation(router, "POST", "change-notices", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def publish_change(call: Call, body: ChangeIn) -> ChangeNoticeOut:
    """Tell all clients in force, at once: each of their owners gets one letter. It can be neither changed nor taken back."""
    if not body.is_sure:
        raise invalid("body.is_sure", "true, where all clients are to be told")
    said = ChangeTerms(body.title, body.text_fr, body.text_en, body.is_unfavourable, body.effective_on)
    said = change_notices.with_newest(said, terms=body.has_new_terms, prices=body.has_new_prices)
    try:
        return _notice(change_notices.publish_change(said, by=call.by))
    except change_notices.SaysNothing as problem:
        raise invalid(f"body.{problem.field}", "a text of which something can be seen") from None


@operation(router, "GET", "change-notices/{int:change_id}", Permission.SEE_BILLING, is_of_client=False)
def show_change_notice(_call: Call, change_id: int) -> ChangeNoticeWhole:
    """One, with whom it was told to, and who leaves."""
    row = or_404(change_notices.find_notice(change_id))
    told = [_told(each) for each in change_notices.told_of_all(row)]
    return ChangeNoticeWhole(**_notice(row).model_dump(), told=told)


def _notice(row: ChangeNotice) -> ChangeNoticeOut:
    return ChangeNoticeOut(
        id=row.pk,
        made_at=row.made_at,
        made_by=row.made_by,
        title=row.title,
        text_fr=row.text_fr,
        text_en=row.text_en,
        effective_on=row.effective_on,
        is_unfavourable=row.is_unfavourable,
        old_terms=row.old_terms.name if row.old_terms else "",
        new_terms=row.new_terms.name if row.new_terms else "",
        old_price_list=row.old_prices_id,
        new_price_list=row.new_prices_id,
    )


def _told(row: ToldChange) -> ToldClientOut:
    contract, letters = row.contract, change_notices.letters_of(row)
    left = next(iter(change_notices.leavers(row)), None)
    return ToldClientOut(
        client_id=contract.client_id,
        client=contract.client.name,
        contract_id=contract.pk,
        contract=contract.reference,
        told_on=row.told_on,
        letters=len(letters),
        letters_sent=sum(each.sent_at is not None for each in letters),
        letters_refused=sum(each.refused_at is not None for each in letters),
        leaves_on=left.leaves_on if left else None,
        refund=RefundState(left.state) if left else None,
    )
