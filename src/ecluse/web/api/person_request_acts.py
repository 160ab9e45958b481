"""What is done about what people ask of their data: proof, search, export, correction, erasure, the answer (15-1, 15-2).

For the provider's own programs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import correcting, erasing, exporting, requests
from ecluse.control.privacy.exporting import Export
from ecluse.domain.personal_data import Basis, Kept
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.person_requests import (
    PersonRequestOut,
    PersonRequestWithSteps,
    Words,
    request_at,
    request_out,
    request_with_steps,
)
from ecluse.web.backends import backends

router = Router(tags=["Person requests"])

_SHOWN_ROWS = 20  # Of one store, in a search; an export has all.

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=requests.MAX_TEXT, pattern=r"^[^\x00]*$"),
]


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


@operation(router, "POST", "person-requests/{int:request_id}/identity", Permission.HANDLE_RIGHTS, is_of_client=False)
def confirm_identity(call: Call, request_id: int, body: IdentityIn) -> PersonRequestOut:
    """He has proven who he is: nothing of him is given out or erased before. 409 a second time."""
    with request_at(request_id) as row:
        requests.confirm_identity(row, body.how, by=call.by)
        return request_out(row)


@operation(
    router, "POST", "person-requests/{int:request_id}/notes", Permission.HANDLE_RIGHTS, status=201, is_of_client=False
)
def note_person_request(call: Call, request_id: int, body: RequestNoteIn) -> PersonRequestOut:
    """Write something down."""
    with request_at(request_id) as row:
        requests.note(row, body.text, by=call.by)
        return request_out(row)


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
    with request_at(request_id) as row:
        found = exporting.search(row, backends().message_log(), timezone.now(), by=call.by)
    return _held(found, _SHOWN_ROWS)


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
    with request_at(request_id) as row:
        found = exporting.export(row, backends().message_log(), timezone.now(), by=call.by)
    return _held(found, None)


@operation(router, "GET", "person-requests/{int:request_id}/correctable", Permission.HANDLE_RIGHTS, is_of_client=False)
def list_correctable(_call: Call, request_id: int) -> CorrectablesOut:
    """What he may have put right (GDPR art. 16)."""
    with request_at(request_id) as row:
        found = correcting.correctables(row) if correcting.is_correctable(row) else []
        return CorrectablesOut(items=[_correctable(each) for each in found])


@operation(router, "POST", "person-requests/{int:request_id}/correct", Permission.HANDLE_RIGHTS, is_of_client=False)
def correct_person(call: Call, request_id: int, body: CorrectionIn) -> CorrectedOut:
    """Put these right, all or none. 409 where he asks for something else, something does not fit, or nothing would change."""
    with request_at(request_id) as row:
        return CorrectedOut(corrected=correcting.correct(row, body.values, by=call.by))


@operation(router, "POST", "person-requests/{int:request_id}/erase", Permission.HANDLE_RIGHTS, is_of_client=False)
def erase_person(call: Call, request_id: int) -> PersonRequestWithSteps:
    """Erase him, once and for good: `erased` says what went, and what stayed and why. 409 where he may not be."""
    with request_at(request_id) as row:
        erasing.erase(row, by=call.by)
        return request_with_steps(row)


@operation(router, "POST", "person-requests/{int:request_id}/answer", Permission.HANDLE_RIGHTS, is_of_client=False)
def answer_person_request(call: Call, request_id: int, body: ClosingIn) -> PersonRequestOut:
    """It is done, and he was told: this writes to nobody. 409 before he has proven who he is."""
    with request_at(request_id) as row:
        requests.answer(row, body.outcome, by=call.by)
        return request_out(row)


@operation(router, "POST", "person-requests/{int:request_id}/refuse", Permission.HANDLE_RIGHTS, is_of_client=False)
def refuse_person_request(call: Call, request_id: int, body: ClosingIn) -> PersonRequestOut:
    """He was told why nothing is done (GDPR art. 12(4)): this writes to nobody."""
    with request_at(request_id) as row:
        requests.refuse(row, body.outcome, by=call.by)
        return request_out(row)


def _held(found: Export, most: int | None) -> HeldOfPersonOut:
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
