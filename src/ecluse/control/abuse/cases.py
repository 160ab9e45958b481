"""Cases: opened, worked on, closed. Each function is one change, recorded in the provider's own trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.abuse.models import Case, CaseKind, CaseNote, CaseState, ToldComplaint
from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import PERMISSIONS, PROVIDER_ROLES, Permission
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible

__all__ = ["Case", "CaseKind", "CaseNote", "CaseState", "ToldComplaint"]

MAX_SUBJECT = 253
MAX_NOTE = 2_000
MAX_OUTCOME = 300
KEPT = timedelta(days=365)  # After its last move (15-7).
COMPLAINTS_AT_ONCE = 500
COMPLAINTS_SHOWN = 50
_SORT = "sort a complaint"
_BY = Actor(ActorKind.JOB, "complaints")
_HANDLING = [role for role in PROVIDER_ROLES if Permission.HANDLE_ABUSE in PERMISSIONS[role]]


def cases(*, state: str = "", assignee: User | None = None, search: str = "") -> QuerySet[Case]:
    """Those that fit, what moved last first."""
    rows = Case.objects.select_related("client", "assignee")
    if state:
        rows = rows.filter(state=state)
    if assignee is not None:
        rows = rows.filter(assignee=assignee)
    if search:
        rows = rows.filter(Q(subject__icontains=search) | Q(client__name__icontains=search))
    return rows


def find_case(pk: int) -> Case | None:
    """One case."""
    return Case.objects.select_related("client", "assignee").filter(pk=pk).first()


def complaints_of(case: Case) -> list[ToldComplaint]:
    """The newest of a case."""
    with scopes_disabled():  # Cases are the provider's own.
        return list(ToldComplaint.objects.filter(case=case)[:COMPLAINTS_SHOWN])


def handlers() -> QuerySet[User]:
    """The provider's people to whom a case can be given."""
    return people_in(_HANDLING, None)


def open_case(client: Client | None, kind: CaseKind, subject: str, *, by: Actor) -> Case:
    """A new one. Raises `Impossible` without a subject."""
    subject = subject.strip()[:MAX_SUBJECT]
    if not subject:
        raise Impossible("a case is about something")
    with change(by=by) as act:
        case = Case.objects.create(
            client=client, kind=kind, subject=subject, opened_by=str(by), opened_at=act.at, moved_at=act.at
        )
        after = {"kind": kind.value, "subject": subject, "client": client.name if client else ""}
        act.record("case.opened", case, after=after)
        return case


def case_of(client: Client, kind: CaseKind, *, by: Actor) -> Case:
    """The open one of this kind about the client as a whole, or a new one."""
    fitting = Case.objects.filter(client=client, kind=kind, state=CaseState.OPEN)
    return fitting.first() or open_case(client, kind, client.name, by=by)


def note(case: Case, text: str, *, by: Actor) -> None:
    """What somebody writes down; the trail has that he did, and not what. Raises `Impossible` for nothing."""
    text = text.strip()[:MAX_NOTE]
    if not text:
        raise Impossible("a note says something")
    with change(by=by) as act:
        written = CaseNote.objects.create(case=case, by=by.name, at=act.at, text=text)
        _move(act, case)
        act.record("case.noted", case, after={"note": written.pk})


def assign(case: Case, user: User | None, *, by: Actor) -> None:
    """Whose it is from now on; None: nobody's. Raises `Impossible` for who handles no cases."""
    if user is not None and not handlers().filter(pk=user.pk).exists():
        raise Impossible("who handles no cases gets none")
    with change(by=by) as act:
        before = {"assignee": str(case.assignee or "")}
        _move(act, case, assignee=user)
        act.record("case.assigned", case, before=before, after={"assignee": str(user or "")})


def close_case(case: Case, outcome: str, *, by: Actor) -> None:
    """With what came of it. Raises `Impossible` without, or for one that is closed."""
    outcome = outcome.strip()[:MAX_OUTCOME]
    if not outcome:
        raise Impossible("who closes a case says what came of it")
    with change(by=by) as act:
        _move(act, case, CaseState.OPEN, state=CaseState.CLOSED, outcome=outcome)
        act.record("case.closed", case, after={"outcome": outcome})


def reopen(case: Case, *, by: Actor) -> None:
    """It was not over. Raises `Impossible` for one that is open."""
    with change(by=by) as act:
        _move(act, case, CaseState.CLOSED, state=CaseState.OPEN)
        act.record("case.reopened", case)


def sort_complaints() -> int:
    """Put what came into cases, one for each client and domain that is open; how many. A job of the provider's."""
    now = timezone.now()
    with scopes_disabled():  # Complaints of all clients.
        fresh = list(ready(_SORT, ToldComplaint.objects.filter(case=None), now)[:COMPLAINTS_AT_ONCE])
        return for_each(_SORT, fresh, _is_sorted, now)


def _is_sorted(row: ToldComplaint) -> bool:
    with change(by=_BY) as act:
        # Locked: of two workers the second finds it sorted.
        unsorted = ToldComplaint.objects.select_for_update(of=("self",)).filter(case=None).select_related("client")
        complaint = unsorted.filter(pk=row.pk).first()
        if complaint is None:
            return False
        case = _case_for(complaint)
        ToldComplaint.objects.filter(pk=complaint.pk, case=None).update(case=case)
        _move(act, case)
        return True


def forget_old(now: datetime) -> None:
    """What was closed and has not moved for a year, and complaints as old (15-8). A job of the provider's."""
    Case.objects.filter(state=CaseState.CLOSED, moved_at__lt=now - KEPT).delete()
    with scopes_disabled():  # As above.
        ToldComplaint.objects.filter(received_at__lt=(now - KEPT).timestamp()).delete()


def _case_for(complaint: ToldComplaint) -> Case:
    subject = complaint.domain if _is_of(complaint.client, complaint.domain) else complaint.client.name
    fitting = Case.objects.filter(
        client=complaint.client, kind=CaseKind.COMPLAINT, subject=subject[:MAX_SUBJECT], state=CaseState.OPEN
    )
    return fitting.first() or open_case(complaint.client, CaseKind.COMPLAINT, subject, by=_BY)


def _is_of(client: Client, domain: str) -> bool:
    """What anybody invents makes no case of its own."""
    return Domain.objects.filter(client=client, name=domain, proven_at__isnull=False).exists()


def _move(act: Change, case: Case, before: CaseState | None = None, **values: object) -> None:
    """Two who act at once: the second finds it where it is not any more. Raises `Impossible`."""
    rows = Case.objects.filter(pk=case.pk) if before is None else Case.objects.filter(pk=case.pk, state=before)
    if not rows.update(moved_at=act.at, **values):
        raise Impossible("somebody was faster")
    case.refresh_from_db()
