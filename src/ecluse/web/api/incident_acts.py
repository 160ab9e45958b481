"""What is done about a security incident: whom it affected, what the authority is told, and its end (15-12, GDPR art. 33)."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import incidents
from ecluse.control.privacy.incidents import Authority, Incident, Told
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.registers import IncidentIn, IncidentOut, incident_out
from ecluse.web.pages import or_404

router = Router(tags=["Registers"])

Words = Annotated[str, StringConstraints(strip_whitespace=True), Field(pattern=r"^[^\x00]*$")]


class AffectedIn(BaseModel):
    """A client whose data are affected."""

    model_config = ConfigDict(extra="forbid")
    client_id: int
    consequence: Words = Field(default="", max_length=incidents.MAX_CONSEQUENCE, description="For this client.")


class AuthorityIn(BaseModel):
    """Whether the authority is to be told."""

    model_config = ConfigDict(extra="forbid")
    is_needed: bool
    why: Words = Field(min_length=1, max_length=incidents.MAX_WHY)


class AuthorityToldIn(BaseModel):
    """That it was told."""

    model_config = ConfigDict(extra="forbid")
    reference: Words = Field(min_length=1, max_length=100, description="The authority's own.")
    at: AwareDatetime


@operation(router, "PUT", "incidents/{int:incident_id}", Permission.HANDLE_INCIDENTS, is_of_client=False)
def correct_incident(call: Call, incident_id: int, body: IncidentIn) -> IncidentOut:
    """What is known by now, all of it. Who was told already reads the new words."""
    row = _find(incident_id)
    incidents.correct(row, Told(**dict(body)), by=call.by)
    return incident_out(row)


@operation(
    router, "POST", "incidents/{int:incident_id}/affected", Permission.HANDLE_INCIDENTS, status=201, is_of_client=False
)
def affect_client(call: Call, incident_id: int, body: AffectedIn) -> IncidentOut:
    """Name a client: its owners and administrators get a letter each, at once. Named again, what it means is corrected."""
    row = _find(incident_id)
    incidents.affect(row, call.client_named(body.client_id), body.consequence, by=call.by)
    return incident_out(row)


@operation(router, "PUT", "incidents/{int:incident_id}/authority", Permission.HANDLE_INCIDENTS, is_of_client=False)
def decide_on_authority(call: Call, incident_id: int, body: AuthorityIn) -> IncidentOut:
    """Whether the authority is to be told, and why (GDPR art. 33(1))."""
    row = _find(incident_id)
    authority = Authority.NEEDED if body.is_needed else Authority.NOT_NEEDED
    incidents.decide(row, authority, body.why, by=call.by)
    return incident_out(row)


@operation(
    router, "POST", "incidents/{int:incident_id}/authority/told", Permission.HANDLE_INCIDENTS, is_of_client=False
)
def note_authority_told(call: Call, incident_id: int, body: AuthorityToldIn) -> IncidentOut:
    """The authority was told, by a person. 409 in the future, or a second time."""
    row = _find(incident_id)
    incidents.note_authority(row, body.reference, body.at, by=call.by)
    return incident_out(row)


@operation(router, "POST", "incidents/{int:incident_id}/close", Permission.HANDLE_INCIDENTS, is_of_client=False)
def close_incident(call: Call, incident_id: int) -> IncidentOut:
    """It is over. 409 while it is not decided whether the authority is told, or that is still to be done."""
    row = _find(incident_id)
    incidents.close(row, by=call.by)
    return incident_out(row)


def _find(incident_id: int) -> Incident:
    return or_404(incidents.find_incident(incident_id))
