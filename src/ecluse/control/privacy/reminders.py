"""The provider's people are reminded by mail of requests whose time runs out (15-2): at each step once.

A step is claimed before its letters are sent, and given back where the mail server is away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django_scopes import scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import PERMISSIONS, PROVIDER_ROLES, Permission
from ecluse.control.attempts.letters import send_to_each
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.privacy.models import PersonRequest
from ecluse.control.privacy.requests import WAITING
from ecluse.domain.errors import Unavailable

REMINDED_AT_DAYS = (15, 7, 2, 0, -1)  # Before the answer is due; the last: it is late.
_ENGLISH = "en"  # Of those who have chosen nothing.
_BY = Actor(ActorKind.JOB, "requests")
_HANDLING = [role for role in PROVIDER_ROLES if Permission.HANDLE_RIGHTS in PERMISSIONS[role]]


@dataclass(frozen=True, slots=True)
class Reminder:
    """One letter. It names nobody: only the register does."""

    recipient: str
    language: str
    request: int
    right: str
    due_at: datetime
    is_late: bool


Send = Callable[[Reminder], None]


def remind(now: datetime, send: Send) -> int:
    """Write of each request that has come to its next step; how many letters were sent.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's, over all clients.
        rows = list(PersonRequest.objects.filter(state__in=WAITING))
        return for_each("remind of a request", rows, lambda row: _remind(row, now, send), now)


def _remind(row: PersonRequest, now: datetime, send: Send) -> int:
    step, before = _step(row, now), row.reminded_for
    if step is None or (before is not None and before <= step):
        return 0
    claim = PersonRequest.objects.filter(pk=row.pk, reminded_for=before)
    if not claim.update(reminded_for=step):
        return 0
    try:
        count = send_to_each(
            "remind a person",
            people_in(_HANDLING, None),
            lambda user: send(_reminder(user, row, now)),
            now,
            of=f"{key_of(row)}, {step} days",
        )
    except Unavailable:
        PersonRequest.objects.filter(pk=row.pk, reminded_for=step).update(reminded_for=before)
        return 0
    with change(by=_BY) as act:
        act.record("request.reminded", row, client_id=row.client_id, after={"days": step, "letters": count})
    return count


def _step(row: PersonRequest, now: datetime) -> int | None:
    """The last step that has come; None before the first."""
    left = row.due_at - now
    come = [step for step in REMINDED_AT_DAYS if left <= timedelta(days=step)]
    return come[-1] if come else None


def _reminder(user: User, row: PersonRequest, now: datetime) -> Reminder:
    return Reminder(user.email, user.language or _ENGLISH, row.pk, row.right, row.due_at, is_late=row.due_at < now)
