"""What people ask about their data: the register with its 30 days, the search, the export, the erasure (15-1, 15-2).

A client's owner asks for its own people; the provider's programs work on all requests, and are the ones that act.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Query, Router
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import correcting, erasing, exporting, requests
from ecluse.control.privacy.exporting import Export
from ecluse.control.privacy.reports import Line, lines_of
from ecluse.control.privacy.requests import Channel, PersonRequest, RequestState, RequestStep, Right
from ecluse.domain.personal_data import Basis, Erasing, Kept
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.backends import backends
from ecluse.web.pages import or_404

router = Router(tags=["Person requests"])

_SHOWN_ROWS = 20  # Of one store, in a search; an export has all.

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=requests.MAX_TEXT, pattern=r"^[^\x00]*$"),
]
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


class IdentityIn(BaseModel):
    """By what he has proven who he is."""

    model_config = ConfigDict(extra="forbid")
    how: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1,
        max_length=requests.MAX_HOW,
        pattern=r"^[^\x00]*$",
        description="Never a copy of the paper itself.",
    )


class RequestNoteIn(BaseModel):
    """What is written down."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=500, pattern=r"^[^\x00]*$"
    )


class ClosingIn(BaseModel):
    """What he was told."""

    model_config = ConfigDict(extra="forbid")
    outcome: Text


class FoundPartOut(BaseModel):
    """What one store has of him."""

    store: str
    purpose: str = Field(description="What it is held for.")
    basis: Basis
    kept: Kept
    count: int
    rows: list[dict[str, str]]


class HeldOfPersonOut(BaseModel):
    """What is held of him."""

    request: int
    addresses: list[str]
    made_at: datetime
    is_whole: bool = Field(description="false: the message log has more than the newest 100,000 lines of one address.")
    parts: list[FoundPartOut]


class CorrectableOut(BaseModel):
    """One field of one row that he may have put right."""

    key: str
    field: str = Field(examples=["tenants.Address.name"])
    value: str
    most: int = Field(description="Letters that it takes.")
    may_be_empty: bool


class CorrectablesOut(BaseModel):
    """All of them; none where he asks for something else, or has not proven who he is."""

    items: list[CorrectableOut]


class CorrectionIn(BaseModel):
    """What is put right."""

    model_config = ConfigDict(extra="forbid")
    values: dict[str, Words] = Field(min_length=1, max_length=500, description="By `key`.")


class CorrectedOut(BaseModel):
    """How many were other than they stood."""

    corrected: int


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
        return page_of(_rows(asked), asked, _request, newest_first=True)


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
        return _request(row)


@operation(router, "GET", "person-requests/{int:request_id}", Permission.HANDLE_RIGHTS, is_of_client=False)
def show_person_request(_call: Call, request_id: int) -> PersonRequestWithSteps:
    """One, with its history and what was erased."""
    row = _find(request_id)
    with requests.scope_of(row):
        return PersonRequestWithSteps(**_request(row).model_dump(), **_history(row))


@operation(router, "POST", "person-requests/{int:request_id}/identity", Permission.HANDLE_RIGHTS, is_of_client=False)
def confirm_identity(call: Call, request_id: int, body: IdentityIn) -> PersonRequestOut:
    """He has proven who he is: nothing of him is given out or erased before. 409 a second time."""
    row = _find(request_id)
    with requests.scope_of(row):
        requests.confirm_identity(row, body.how, by=call.by)
        return _request(row)


@operation(
    router, "POST", "person-requests/{int:request_id}/notes", Permission.HANDLE_RIGHTS, status=201, is_of_client=False
)
def note_person_request(call: Call, request_id: int, body: RequestNoteIn) -> PersonRequestOut:
    """Write something down."""
    row = _find(request_id)
    with requests.scope_of(row):
        requests.note(row, body.text, by=call.by)
        return _request(row)


# What is held of him is told anew each time, and lies in no kept answer.
@operation(
    router,
    "POST",
    "person-requests/{int:request_id}/search",
    Permission.HANDLE_RIGHTS,
    is_of_client=False,
    keeps_answers=False,
)
def search_person(call: Call, request_id: int) -> HeldOfPersonOut:
    """What is held of him, 20 rows of each store: to be looked at by whoever works on it, which is recorded (15-11)."""
    row = _find(request_id)
    with requests.scope_of(row):
        found = exporting.search(row, backends().message_log(), timezone.now(), by=call.by)
    return _found(found, _SHOWN_ROWS)


@operation(
    router,
    "POST",
    "person-requests/{int:request_id}/export",
    Permission.HANDLE_RIGHTS,
    is_of_client=False,
    keeps_answers=False,
)
def export_person(call: Call, request_id: int) -> HeldOfPersonOut:
    """All that is held of him, to be given to him; which is recorded. 409 before he has proven who he is."""
    row = _find(request_id)
    with requests.scope_of(row):
        found = exporting.export(row, backends().message_log(), timezone.now(), by=call.by)
    return _found(found, None)


@operation(router, "GET", "person-requests/{int:request_id}/correctable", Permission.HANDLE_RIGHTS, is_of_client=False)
def list_correctable(_call: Call, request_id: int) -> CorrectablesOut:
    """What he may have put right (GDPR art. 16)."""
    row = _find(request_id)
    with requests.scope_of(row):
        found = correcting.correctables(row) if correcting.is_correctable(row) else []
        return CorrectablesOut(items=[_correctable(each) for each in found])


@operation(router, "POST", "person-requests/{int:request_id}/correct", Permission.HANDLE_RIGHTS, is_of_client=False)
def correct_person(call: Call, request_id: int, body: CorrectionIn) -> CorrectedOut:
    """Put these right, all or none. 409 where he asks for something else, something does not fit, or nothing would change."""
    row = _find(request_id)
    with requests.scope_of(row):
        return CorrectedOut(corrected=correcting.correct(row, body.values, by=call.by))


@operation(router, "POST", "person-requests/{int:request_id}/erase", Permission.HANDLE_RIGHTS, is_of_client=False)
def erase_person(call: Call, request_id: int) -> PersonRequestWithSteps:
    """Erase him, once and for good: `erased` says what went, and what stayed and why. 409 where he may not be."""
    row = _find(request_id)
    with requests.scope_of(row):
        erasing.erase(row, by=call.by)
        return PersonRequestWithSteps(**_request(row).model_dump(), **_history(row))


@operation(router, "POST", "person-requests/{int:request_id}/answer", Permission.HANDLE_RIGHTS, is_of_client=False)
def answer_person_request(call: Call, request_id: int, body: ClosingIn) -> PersonRequestOut:
    """It is done, and he was told: this writes to nobody. 409 before he has proven who he is."""
    row = _find(request_id)
    with requests.scope_of(row):
        requests.answer(row, body.outcome, by=call.by)
        return _request(row)


@operation(router, "POST", "person-requests/{int:request_id}/refuse", Permission.HANDLE_RIGHTS, is_of_client=False)
def refuse_person_request(call: Call, request_id: int, body: ClosingIn) -> PersonRequestOut:
    """He was told why nothing is done (GDPR art. 12(4)): this writes to nobody."""
    row = _find(request_id)
    with requests.scope_of(row):
        requests.refuse(row, body.outcome, by=call.by)
        return _request(row)


def _find(request_id: int) -> PersonRequest:
    with requests.of_everybody():
        return or_404(requests.find_request(request_id))


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


def _request(row: PersonRequest) -> PersonRequestOut:
    return PersonRequestOut(
        **_own(row),
        client_id=row.client_id,
        client="" if row.client is None else row.client.name,
        answer_to=row.answer_to,
        note=row.note,
        identity_how=row.identity_how,
        identity_by=row.identity_by,
    )


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


def _found(found: Export, most: int | None) -> HeldOfPersonOut:
    return HeldOfPersonOut(
        request=found.request,
        addresses=list(found.addresses),
        made_at=found.made_at,
        is_whole=found.is_whole,
        parts=[
            FoundPartOut(
                store=part.store.name,
                purpose=part.store.purpose.value,
                basis=part.store.basis,
                kept=part.store.kept,
                count=len(part.rows),
                rows=list(part.rows[:most]),
            )
            for part in found.parts
        ],
    )


def _correctable(each: correcting.Correctable) -> CorrectableOut:
    return CorrectableOut(
        key=each.key, field=each.name, value=each.value, most=each.most, may_be_empty=each.may_be_empty
    )
