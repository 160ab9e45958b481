"""What a client's people are told of the registers: of an incident, of a requisition; each of them once.

A letter is claimed before it is sent, and deleted once it is. Whoever was killed in between may have sent it: it is
repeated once, and then no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.privacy.models import AffectedClient, RegisterLetter, Requisition
from ecluse.control.tenants.models import Client

AT_ONCE = 50
CLAIMED = timedelta(minutes=15)  # No letter takes so long: who claimed it was killed.
_ONCE_AGAIN = 2
_SEND = "tell of a register"
_BY = Actor(ActorKind.JOB, "registers")


@dataclass(frozen=True, slots=True)
class RegisterNews:
    """One letter: of an incident, or of a requisition."""

    recipient: str
    language: str
    client: Client
    affected: AffectedClient | None
    requisition: Requisition | None


Send = Callable[[RegisterNews], None]


def write_to(client: Client, *, affected: AffectedClient | None = None, requisition: Requisition | None = None) -> int:
    """A letter to each who is to know: of incidents its owners and administrators, of requisitions its owners; how many.

    Scopes are off, or the client's is open.
    """
    roles = (Role.OWNER, Role.ADMINISTRATOR) if requisition is None else (Role.OWNER,)
    people = people_in(roles, client)
    rows = [RegisterLetter(client=client, affected=affected, requisition=requisition, user=user) for user in people]
    return len(RegisterLetter.objects.bulk_create(rows))


def send_letters(now: datetime, send: Send) -> int:
    """Send whatever is due; how many were. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        rows = ready(_SEND, _due(now), now).select_related("client", "user", "affected__incident", "requisition")
        due = list(rows[:AT_ONCE])

    def send_one(letter: RegisterLetter) -> bool:
        with scope(client=letter.client):
            return _is_sent(letter, now, send)

    return for_each(_SEND, due, send_one, now)


def _due(now: datetime) -> QuerySet[RegisterLetter]:
    is_new, is_left = Q(times=0), Q(times__lt=_ONCE_AGAIN, tried_at__lt=now - CLAIMED)
    return RegisterLetter.objects.filter(is_new | is_left)


def _is_sent(letter: RegisterLetter, now: datetime, send: Send) -> bool:
    as_seen = RegisterLetter.objects.filter(pk=letter.pk, times=letter.times, tried_at=letter.tried_at)
    if not as_seen.update(times=F("times") + 1, tried_at=now):
        return False
    mine = RegisterLetter.objects.filter(pk=letter.pk)
    if not send_claimed(
        lambda: send(_news(letter)),
        refused=letter.delete,
        put_back=lambda: mine.update(times=letter.times, tried_at=letter.tried_at),
    ):
        return False
    _note(letter, now)
    return True


def _note(letter: RegisterLetter, now: datetime) -> None:
    with change(by=_BY) as act:
        if letter.affected is not None:
            AffectedClient.objects.filter(pk=letter.affected.pk, told_at=None).update(told_at=now)
            # Of a requisition the register alone says so: others read a client's trail.
            act.record("incident.told", letter.affected, client_id=letter.client_id)
        elif letter.requisition is not None:
            Requisition.objects.filter(pk=letter.requisition.pk, told_at=None).update(told_at=now)
            act.record("requisition.told", letter.requisition)
        letter.delete()


def _news(letter: RegisterLetter) -> RegisterNews:
    user, client = letter.user, letter.client
    return RegisterNews(user.email, user.language or client.language, client, letter.affected, letter.requisition)
