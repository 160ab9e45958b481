"""What people ask about their data: the register with its 30 days (15-1, 15-2).

A client's owner asks for its own people; the provider's programs see all requests, and are the ones that act on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from ninja import Query, Router
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import requests
from ecluse.control.privacy.reports import Line, lines_of
from ecluse.control.privacy.requests import Channel, PersonRequest, RequestState, RequestStep, Right
from ecluse.domain.personal_data import Erasing
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.pages import or_404

router = Router(tags=["Person requests"])

Words = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(max_length=requests.MAX_TEXT, pattern=r"^[^\x00]*$")
]


class StepOut(BaseModel):
    """One line of a request's history."""

    at: datetime
    by: str
    what: str = Field(description="opened, proven, noted, exported, corrected, erased, answered or refused.")
    note: str


class ErasedLineOut(BaseModel):
    """What an erasure did in one field of one store: nobody is named."""

    store: str
    field: str
    erasing: Erasing
    rows: int
    is_gone: bool
    why: str = Field(description="Why it stays, or stays for a while.")


class OwnRequestOut(BaseModel):
    """What one person asks, as the client that asks for him reads it."""

    id: int
    right: Right
    state: RequestState
    channel: str = Field(description="How it came: mail, post, phone or console.")
    addresses: list[str]
    name: str
    received_at: datetime
    due_at: datetime = Field(description="30 days after it came (15-2).")
    days_left: int | None = Field(description="Whole days; below 0: it is late; null: it is closed.")
    identity_at: datetime | None = Field(description="When he had proven who he is.")
    erased_at: datetime | None
    closed_at: datetime | None
    outcome: str = Field(description="What he was answered, or why it was refused.")


class PersonRequestOut(OwnRequestOut):
    """The same, as the provider works on it."""

    client_id: int | None = Field(description="null: the person has asked himself.")
    client: str
    answer_to: str
    note: str
    identity_how: str
    identity_by: str


class OwnRequestWithSteps(OwnRequestOut):
    """The same, with its history and what was erased."""

    steps: list[StepOut]
    erased: list[ErasedLineOut]


class PersonRequestWithSteps(PersonRequestOut):
    """The same, with its history and what was erased."""

    steps: list[StepOut]
    erased: list[ErasedLineOut]


class OwnRequestIn(BaseModel):
    """What is asked for one of the client's own people."""

    model_config = ConfigDict(extra="forbid")
    right: Right
    addresses: list[texts.Email] = Field(min_length=1, max_length=requests.MAX_ADDRESSES, description="All of his.")
    name: texts.Note = ""
    note: Words = ""


class PersonRequestIn(OwnRequestIn):
    """One that came to the provider."""

    channel: Literal["mail", "post", "phone"] = Field(description="How it came.")
    received_at: AwareDatetime | None = Field(
        default=None, description="When it came; null: now. The 30 days begin there."
    )
    answer_to: texts.Email | None = Field(default=None, description="Where the answer goes.")
    client_id: int | None = Field(
        default=None,
        description="Only where a client asks for one of its own people: its data alone are looked through then, and his "
        "mailbox and account can be erased. null where a person asks himself.",
    )


class RequestsAsked(Asked):
    """Which of them."""

    state: RequestState | None = None
    is_waiting: bool = Field(default=False, description="true: those alone that are to be done, whatever their state.")


# -- A client's own


@operation(router, "GET", "/person-requests", Permission.OPEN_RIGHTS)
def list_own_person_requests(_call: Call, asked: Query[RequestsAsked]) -> Page[OwnRequestOut]:
    """What was asked for the client's own people, the newest first."""
    return page_of(_rows(asked), asked, lambda row: OwnRequestOut(**_own(row)), newest_first=True)


@operation(router, "POST", "/person-requests", Permission.OPEN_RIGHTS, status=201)
def open_own_person_request(call: Call, body: OwnRequestIn) -> OwnRequestOut:
    """Ask for somebody of the client's domains, or of its console: the provider does the work."""
    row = requests.open_request(
        call.client,
        body.right,
        body.addresses,
        channel=Channel.CONSOLE,
        by=call.by,
        name=body.name,
        note=body.note,
    )
    return OwnRequestOut(**_own(row))


@operation(router, "GET", "/person-requests/{int:request_id}", Permission.OPEN_RIGHTS)
def show_own_person_request(_call: Call, request_id: int) -> OwnRequestWithSteps:
    """One, how far it is, and what was erased."""
    row = or_404(requests.find_request(request_id))
    return OwnRequestWithSteps(**_own(row), **_history(row))


# -- The provider's


@operation(router, "GET", "person-requests", Permission.HANDLE_RIGHTS, is_of_client=False)
def list_person_requests(_call: Call, asked: Query[RequestsAsked]) -> Page[PersonRequestOut]:
    """The register, the newest first."""
    with requests.of_everybody():
        return page_of(_rows(asked), asked, request_out, newest_first=True)


@operation(router, "POST", "person-requests", Permission.HANDLE_RIGHTS, status=201, is_of_client=False)
def enter_person_request(call: Call, body: PersonRequestIn) -> PersonRequestOut:
    """Enter one that came. 409 for a receipt in the future, and for a client's who is none of its people."""
    client = None if body.client_id is None else call.client_named(body.client_id)
    about = {"name": body.name, "note": body.note, "answer_to": body.answer_to or ""}
    with requests.of_everybody():
        row = requests.open_request(
            client,
            body.right,
            body.addresses,
            channel=Channel(body.channel),
            received_at=body.received_at,
            by=call.by,
            **about,
        )
        return request_out(row)


@operation(router, "GET", "person-requests/{int:request_id}", Permission.HANDLE_RIGHTS, is_of_client=False)
def show_person_request(_call: Call, request_id: int) -> PersonRequestWithSteps:
    """One, with its history and what was erased."""
    with request_at(request_id) as row:
        return request_with_steps(row)


@contextmanager
def request_at(request_id: int) -> Iterator[PersonRequest]:
    """One of the register, in the scope of whose it is. Raises `Http404`."""
    with requests.of_everybody():
        row = or_404(requests.find_request(request_id))
    with requests.scope_of(row):
        yield row


def _rows(asked: RequestsAsked) -> QuerySet[PersonRequest]:
    rows = requests.requests(state="waiting" if asked.is_waiting else "")
    return rows if asked.state is None else rows.filter(state=asked.state)


def _own(row: PersonRequest) -> dict[str, Any]:
    return {
        "id": row.pk,
        "right": Right(row.right),
        "state": RequestState(row.state),
        "channel": row.channel,
        "addresses": list(row.addresses),
        "name": row.name,
        "received_at": row.received_at,
        "due_at": row.due_at,
        "days_left": None if row.is_closed else requests.days_left(row),
        "identity_at": row.identity_at,
        "erased_at": row.erased_at,
        "closed_at": row.closed_at,
        "outcome": row.outcome,
    }


def request_out(row: PersonRequest) -> PersonRequestOut:
    """As the provider's operations answer."""
    return PersonRequestOut(
        **_own(row),
        client_id=row.client_id,
        client="" if row.client is None else row.client.name,
        answer_to=row.answer_to,
        note=row.note,
        identity_how=row.identity_how,
        identity_by=row.identity_by,
    )


def request_with_steps(row: PersonRequest) -> PersonRequestWithSteps:
    """The same, with its history and what was erased."""
    return PersonRequestWithSteps(**request_out(row).model_dump(), **_history(row))


def _history(row: PersonRequest) -> dict[str, Any]:
    return {
        "steps": [_step(each) for each in row.steps.all()],
        "erased": [_erased(each) for each in lines_of(row.report)],
    }


def _step(row: RequestStep) -> StepOut:
    return StepOut(at=row.at, by=row.by, what=row.what, note=row.note)


def _erased(line: Line) -> ErasedLineOut:
    return ErasedLineOut(
        store=line.store,
        field=line.field,
        erasing=line.erasing,
        rows=line.rows,
        is_gone=line.is_gone,
        why=str(line.why),
    )
