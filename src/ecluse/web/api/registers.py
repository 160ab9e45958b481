"""The register of security incidents: for the provider, and for each client what affected it (15-12)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import incidents
from ecluse.control.privacy.incidents import AffectedClient, Authority, Incident, Nature, Told
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of

router = Router(tags=["Registers"])

Words = Annotated[str, StringConstraints(strip_whitespace=True), Field(pattern=r"^[^\x00]*$")]


class IncidentOut(BaseModel):
    """One security incident, as the provider has written it down."""

    id: int
    title: str
    nature: Nature
    happened_at: datetime
    detected_at: datetime
    account: str = Field(description="What clients are told of it.")
    measures: str
    description: str = Field(description="For the provider alone.")
    authority: Authority = Field(description="Whether the authority is to be told.")
    authority_due_at: datetime = Field(description="72 hours after it was detected (GDPR art. 33).")
    authority_told_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    affected: list[str] = Field(description="Names of clients.")


class IncidentIn(BaseModel):
    """A new one."""

    model_config = ConfigDict(extra="forbid")
    title: Words = Field(min_length=1, max_length=200)
    nature: Nature
    happened_at: AwareDatetime
    detected_at: AwareDatetime
    account: Words = Field(min_length=1, max_length=incidents.MAX_TEXT, description="What clients are told of it.")
    measures: Words = Field(default="", max_length=incidents.MAX_TEXT)
    description: Words = Field(default="", max_length=incidents.MAX_TEXT, description="For the provider alone.")


class OwnIncidentOut(BaseModel):
    """One that affected the client's data: what the client reads of it."""

    id: int
    title: str
    nature: Nature
    happened_at: datetime
    detected_at: datetime
    account: str
    consequence: str = Field(description="For this client.")
    measures: str
    told_at: datetime | None


class IncidentsAsked(Asked):
    """Which of them."""

    is_open: bool | None = None


@operation(router, "GET", "incidents", Permission.HANDLE_INCIDENTS, is_of_client=False)
def list_incidents(_call: Call, asked: Query[IncidentsAsked]) -> Page[IncidentOut]:
    """The register of security incidents, the newest first."""
    return page_of(incidents.incidents(is_open=asked.is_open), asked, incident_out, newest_first=True)


@operation(router, "POST", "incidents", Permission.HANDLE_INCIDENTS, is_of_client=False, status=201)
def open_incident(call: Call, body: IncidentIn) -> IncidentOut:
    """Write one down; the provider's owners get a letter. No client is named, or told, by that."""
    return incident_out(incidents.open_incident(Told(**dict(body)), by=call.by))


@operation(router, "GET", "/incidents", Permission.SEE_INCIDENTS)
def list_own_incidents(_call: Call, asked: Query[Asked]) -> Page[OwnIncidentOut]:
    """Those that affected the client's data, the newest first."""
    return page_of(incidents.extract(), asked, _own, newest_first=True)


def incident_out(row: Incident) -> IncidentOut:
    """As all operations answer."""
    return IncidentOut(
        id=row.pk,
        title=row.title,
        nature=Nature(row.nature),
        happened_at=row.happened_at,
        detected_at=row.detected_at,
        account=row.account,
        measures=row.measures,
        description=row.description,
        authority=Authority(row.authority),
        authority_due_at=row.authority_due_at,
        authority_told_at=row.authority_told_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        affected=[each.client.name for each in incidents.affected_by(row)],
    )


def _own(row: AffectedClient) -> OwnIncidentOut:
    incident = row.incident
    return OwnIncidentOut(
        id=incident.pk,
        title=incident.title,
        nature=Nature(incident.nature),
        happened_at=incident.happened_at,
        detected_at=incident.detected_at,
        account=incident.account,
        consequence=row.consequence,
        measures=incident.measures,
        told_at=row.told_at,
    )
