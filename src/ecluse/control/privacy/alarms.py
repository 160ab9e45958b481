"""The provider's owners get a letter of each new incident, and while its authority is not told, before and after its 72 hours (GDPR art. 33).

A step is claimed before its letters are sent, and given back where the mail server is away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_to_each
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.privacy.models import Incident
from ecluse.domain.errors import Unavailable

SOON = timedelta(hours=24)
_ENGLISH = "en"  # Of those who have chosen nothing.
_BY = Actor(ActorKind.JOB, "registers")


class Step(IntEnum):
    """What they are told, in this order."""

    ENTERED = 1
    DUE_SOON = 2
    OVERDUE = 3


@dataclass(frozen=True, slots=True)
class IncidentAlarm:
    """One letter. It does not say what happened: only the register does."""

    recipient: str
    language: str
    incident: int
    due_at: datetime
    step: Step
    awaits_authority: bool


Send = Callable[[IncidentAlarm], None]


def tell_owners(now: datetime, send: Send) -> int:
    """Write of each open incident that has come to its next step; how many letters were sent.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    rows = list(Incident.objects.filter(closed_at=None, owners_told__lt=Step.OVERDUE))
    return for_each("tell owners of an incident", rows, lambda row: _told(row, now, send), now)


def _told(row: Incident, now: datetime, send: Send) -> int:
    step, before = _step(row, now), row.owners_told
    if step <= before or not Incident.objects.filter(pk=row.pk, owners_told=before).update(owners_told=step):
        return 0
    try:
        count = send_to_each(
            "tell an owner of an incident",
            people_in((Role.PROVIDER_OWNER,), None),
            lambda user: send(_alarm(user, row, step)),
            now,
            of=f"{key_of(row)}, {step.name.lower()}",
        )
    except Unavailable:
        Incident.objects.filter(pk=row.pk, owners_told=step).update(owners_told=before)
        return 0
    with change(by=_BY) as act:
        act.record("incident.owners-told", row, after={"step": step.name.lower(), "letters": count})
    return count


def _step(row: Incident, now: datetime) -> Step:
    """The last that has come."""
    if not row.awaits_authority or now < row.authority_due_at - SOON:
        return Step.ENTERED
    return Step.DUE_SOON if now < row.authority_due_at else Step.OVERDUE


def _alarm(user: User, row: Incident, step: Step) -> IncidentAlarm:
    language = user.language or _ENGLISH
    return IncidentAlarm(user.email, language, row.pk, row.authority_due_at, step, row.awaits_authority)
