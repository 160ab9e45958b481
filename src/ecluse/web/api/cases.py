"""Abuse cases, as the provider's people work on them (3-9, 3-11, 3-12). For the provider's own programs: clients do not see cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.abuse import cases, evidence, hand_locks
from ecluse.control.abuse.cases import Case, CaseKind, CaseNote, CaseState, ToldComplaint
from ecluse.control.abuse.late_flags import flags_of
from ecluse.control.accounts.queries import User
from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.late_flags import LateFlag
from ecluse.domain.lock import LockScope
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Abuse"])

Subject = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=cases.MAX_SUBJECT, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=cases.MAX_NOTE, pattern=r"^[^\x00]*$"),
]
Outcome = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=cases.MAX_OUTCOME, pattern=r"^[^\x00]*$"),
]


class CaseOut(BaseModel):
    """One thing to look into."""

    id: int
    kind: CaseKind
    subject: str
    state: CaseState
    client_id: int | None = Field(description="null: it concerns none, or several.")
    client: str
    assignee: str = Field(description='Mail address of whose it is; "": nobody\'s.')
    opened_by: str
    opened_at: datetime
    moved_at: datetime = Field(description="When anything happened last.")
    outcome: str = Field(description="What came of it, once it is closed.")


class CaseNoteOut(BaseModel):
    """What somebody has found out, or done."""

    at: datetime
    by: str
    text: str


class ComplaintOut(BaseModel):
    """What somebody complained of to an address of the client's."""

    received_at: datetime
    reporter: str = Field(description='The domain that stands behind the mail; "": anybody may.')
    kind: str
    domain: str
    source_ip: str
    incidents: int


class FlaggedCopyOut(BaseModel):
    """Somebody who had already received what was known only afterwards."""

    client_id: int
    message_id: str
    recipient: str
    received_at: datetime


class CaseWithAll(CaseOut):
    """The same, with what is known of it."""

    notes: list[CaseNoteOut]
    complaints: list[ComplaintOut] = Field(description="The newest 50.")
    flags: list[FlaggedCopyOut] = Field(description="500 at most.")
    locks_with_evidence: int = Field(description="Of the client's locks: the report of each stands with it.")


class CaseIn(BaseModel):
    """A new one."""

    model_config = ConfigDict(extra="forbid")
    kind: CaseKind
    subject: Subject = Field(description="A domain or an address says most.")
    client_id: int | None = Field(default=None, description="Whom it concerns; null: none, or several.")


class CaseNoteIn(BaseModel):
    """What is written down."""

    model_config = ConfigDict(extra="forbid")
    text: Note


class AssigneeIn(BaseModel):
    """Whose it is from now on."""

    model_config = ConfigDict(extra="forbid")
    assignee: texts.Email | None = Field(description="Somebody of the provider's who handles cases; null: nobody.")


class OutcomeIn(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid")
    outcome: Outcome


class CaseLockIn(BaseModel):
    """Whose outbound mail is stopped."""

    model_config = ConfigDict(extra="forbid")
    scope: LockScope
    name: texts.Line = Field(default="", max_length=hand_locks.MAX_NAME, description="The account, or the IP address.")
    reason: Outcome = Field(description="As the client reads it.")


class CaseLockOut(BaseModel):
    """On its way to the nodes."""

    lock_id: str


class CasesAsked(Asked):
    """Which of them."""

    state: CaseState | None = None
    kind: CaseKind | None = None
    client_id: int | None = None
    q: texts.Search = ""


@operation(router, "GET", "abuse-cases", Permission.HANDLE_ABUSE, is_of_client=False)
def list_abuse_cases(_call: Call, asked: Query[CasesAsked]) -> Page[CaseOut]:
    """Those that were opened last first."""
    rows = cases.cases(state=asked.state or "", search=asked.q)
    wanted = {"kind": asked.kind, "client": asked.client_id}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return page_of(rows, asked, _case, newest_first=True)


@operation(router, "POST", "abuse-cases", Permission.HANDLE_ABUSE, status=201, is_of_client=False)
def open_abuse_case(call: Call, body: CaseIn) -> CaseOut:
    """Open one. What comes in as complaints, locks, busy days and late flags opens its own."""
    client = None if body.client_id is None else call.client_named(body.client_id)
    return _case(cases.open_case(client, body.kind, body.subject, by=call.by))


@operation(router, "GET", "abuse-cases/{int:case_id}", Permission.HANDLE_ABUSE, is_of_client=False)
def show_abuse_case(_call: Call, case_id: int) -> CaseWithAll:
    """One, with its notes, and what others told of it."""
    return _whole(_find(case_id))


@operation(router, "POST", "abuse-cases/{int:case_id}/notes", Permission.HANDLE_ABUSE, status=201, is_of_client=False)
def note_abuse_case(call: Call, case_id: int, body: CaseNoteIn) -> CaseOut:
    """Write down what was found out, or done. The trail has that somebody did, and not what."""
    row = _find(case_id)
    cases.note(row, body.text, by=call.by)
    return _case(row)


@operation(router, "PUT", "abuse-cases/{int:case_id}/assignee", Permission.HANDLE_ABUSE, is_of_client=False)
def assign_abuse_case(call: Call, case_id: int, body: AssigneeIn) -> CaseOut:
    """Say whose it is."""
    row = _find(case_id)
    cases.assign(row, _handler(body.assignee), by=call.by)
    return _case(row)


@operation(router, "POST", "abuse-cases/{int:case_id}/locks", Permission.HANDLE_ABUSE, status=202, is_of_client=False)
def lock_for_abuse_case(call: Call, case_id: int, body: CaseLockIn) -> CaseLockOut:
    """Stop outbound mail at every node, until somebody unlocks it: of an account, an IP address, or the client of the case."""
    lock = hand_locks.lock_for(_find(case_id), body.scope, body.name, body.reason, by=call.by)
    return CaseLockOut(lock_id=lock)


@operation(router, "POST", "abuse-cases/{int:case_id}/close", Permission.HANDLE_ABUSE, is_of_client=False)
def close_abuse_case(call: Call, case_id: int, body: OutcomeIn) -> CaseOut:
    """Close it with what came of it. 409 where somebody was faster."""
    row = _find(case_id)
    cases.close_case(row, body.outcome, by=call.by)
    return _case(row)


@operation(router, "POST", "abuse-cases/{int:case_id}/reopen", Permission.HANDLE_ABUSE, is_of_client=False)
def reopen_abuse_case(call: Call, case_id: int) -> CaseOut:
    """It was not over. 409 where it is open."""
    row = _find(case_id)
    cases.reopen(row, by=call.by)
    return _case(row)


def _find(case_id: int) -> Case:
    return or_404(cases.find_case(case_id))


def _handler(email: str | None) -> User | None:
    """Raises `Problem`."""
    if email is None:
        return None
    user = cases.handlers().filter(email__iexact=email).first()
    if user is None:
        raise invalid("body.assignee", "somebody of the provider's who handles cases")
    return user


def _case(row: Case) -> CaseOut:
    return CaseOut(
        id=row.pk,
        kind=CaseKind(row.kind),
        subject=row.subject,
        state=CaseState(row.state),
        client_id=row.client_id,
        client="" if row.client is None else row.client.name,
        assignee="" if row.assignee is None else row.assignee.email,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        moved_at=row.moved_at,
        outcome=row.outcome,
    )


def _whole(row: Case) -> CaseWithAll:
    return CaseWithAll(
        **_case(row).model_dump(),
        notes=[_note(each) for each in row.notes.all()],
        complaints=[_complaint(each) for each in cases.complaints_of(row)],
        flags=[_flag(each) for each in flags_of(row)],
        locks_with_evidence=evidence.count_for(row) if row.kind == CaseKind.EMISSION else 0,
    )


def _note(row: CaseNote) -> CaseNoteOut:
    return CaseNoteOut(at=row.at, by=row.by, text=row.text)


def _complaint(row: ToldComplaint) -> ComplaintOut:
    return ComplaintOut(
        received_at=row.when,
        reporter=row.reporter,
        kind=row.kind,
        domain=row.domain,
        source_ip=row.source_ip,
        incidents=row.incidents,
    )


def _flag(row: LateFlag) -> FlaggedCopyOut:
    return FlaggedCopyOut(
        client_id=row.client_id, message_id=row.message, recipient=row.recipient, received_at=row.received
    )
