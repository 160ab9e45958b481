"""The register of requisitions, for keys of the provider's owners alone (15-10)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import requisitions
from ecluse.control.privacy.requisitions import Demand, Requisition
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Registers"])

Line = Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True), Field(pattern=r"^[^\x00]*$")]


class RequisitionOut(BaseModel):
    """What a court or an administration has demanded."""

    id: int
    client_id: int | None
    authority: str
    reference: str
    legal_basis: str
    scope: str = Field(description="What it demands.")
    received_at: datetime
    handed_over: str
    handed_at: datetime | None
    forbids_telling: bool
    forbidden_until: date | None = Field(description="That day included; null, where it forbids: until it is allowed.")
    told_at: datetime | None = Field(description="When the client was told.")


class RequisitionIn(BaseModel):
    """What it says."""

    model_config = ConfigDict(extra="forbid")
    authority: Line = Field(max_length=200)
    reference: Line = Field(max_length=100, description="The authority's own.")
    legal_basis: Line = Field(max_length=300)
    scope: Words = Field(min_length=1, max_length=requisitions.MAX_TEXT, description="What it demands.")
    received_at: texts.Time
    client_id: int | None = Field(default=None, description="Whom it concerns; null: no client, or none any more.")
    forbids_telling: bool = Field(description="false: the client's owners are told by mail at once.")
    forbidden_until: date | None = Field(
        default=None, description="That day included; null, where it forbids: until the authority allows it."
    )


class HandedOverIn(BaseModel):
    """What was handed over."""

    model_config = ConfigDict(extra="forbid")
    what: Words = Field(min_length=1, max_length=requisitions.MAX_TEXT)
    at: texts.Time


@operation(router, "GET", "requisitions", Permission.SEE_REQUISITIONS, is_of_client=False)
def list_requisitions(_call: Call, asked: Query[Asked]) -> Page[RequisitionOut]:
    """What courts and administrations have demanded, the newest first; for keys of the provider's owners alone."""
    return page_of(requisitions.requisitions(), asked, _requisition, newest_first=True)


@operation(router, "GET", "requisitions/{int:requisition_id}", Permission.SEE_REQUISITIONS, is_of_client=False)
def show_requisition(_call: Call, requisition_id: int) -> RequisitionOut:
    """One of them."""
    return _requisition(_find(requisition_id))


@operation(router, "POST", "requisitions", Permission.SEE_REQUISITIONS, status=201, is_of_client=False)
def enter_requisition(call: Call, body: RequisitionIn) -> RequisitionOut:
    """Write one down. The trail says nothing of whom it concerns; unless it forbids that, the client is told. 409 from the future."""
    if body.forbidden_until is not None and not body.forbids_telling:
        raise invalid("body.forbidden_until", "null, where nothing is forbidden")
    client = None if body.client_id is None else call.client_named(body.client_id)
    demand = Demand(**{name: getattr(body, name) for name in Demand.__slots__})
    return _requisition(requisitions.enter(client, demand, by=call.by))


@operation(
    router,
    "POST",
    "requisitions/{int:requisition_id}/handed-over",
    Permission.SEE_REQUISITIONS,
    is_of_client=False,
)
def note_handed_over(call: Call, requisition_id: int, body: HandedOverIn) -> RequisitionOut:
    """What was handed over, and when; written down once. 409 in the future, or a second time."""
    row = _find(requisition_id)
    requisitions.hand_over(row, body.what, body.at, by=call.by)
    return _requisition(row)


@operation(
    router,
    "POST",
    "requisitions/{int:requisition_id}/allow-telling",
    Permission.SEE_REQUISITIONS,
    is_of_client=False,
)
def allow_telling_client(call: Call, requisition_id: int) -> RequisitionOut:
    """The authority has no objection any more: the client's owners are told by mail. 409 where it had none."""
    row = _find(requisition_id)
    requisitions.allow_telling(row, by=call.by)
    return _requisition(row)


def _find(requisition_id: int) -> Requisition:
    return or_404(requisitions.find_requisition(requisition_id))


def _requisition(row: Requisition) -> RequisitionOut:
    return RequisitionOut(
        id=row.pk,
        client_id=row.client_id,
        authority=row.authority,
        reference=row.reference,
        legal_basis=row.legal_basis,
        scope=row.scope,
        received_at=row.received_at,
        handed_over=row.handed_over,
        handed_at=row.handed_at,
        forbids_telling=row.forbids_telling,
        forbidden_until=row.forbidden_until,
        told_at=row.told_at,
    )
