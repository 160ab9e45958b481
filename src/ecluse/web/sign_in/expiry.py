"""Sessions that time has ended: their end goes into the trail, since the duration of use is to be provable (4-6)."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from ecluse.control.accounts import services
from ecluse.control.accounts.after_end import shut_out
from ecluse.control.accounts.queries import User
from ecluse.control.audit.actor import Actor, ActorKind

_BY_TIME = Actor(ActorKind.JOB, "sessions")
_AT_ONCE = 1_000


def end_expired(now: datetime, user: User | None = None) -> int:
    """Record each session that has expired, of this person or of all, and forget it; how many, so many at once.

    Who signed out, or was signed out from afar, left no row behind.
    """
    live = Session.objects.filter(expire_date__gt=now).values("session_key")
    over = UserSession.objects.exclude(session_key__in=live).select_related("user").order_by("pk")
    if user is not None:
        over = over.filter(user=user)
    return sum(_end(each) for each in over[:_AT_ONCE])


def end_of_shut_out() -> int:
    """Sessions of people to whom nothing is left, since the contracts of their clients are over (16-3); how many, so many at once."""
    found = UserSession.objects.filter(user__in=shut_out()).select_related("user").order_by("pk")[:_AT_ONCE]
    for each in found:
        each.end()
        told: dict[str, object] = {"ip": each.ip, "why": "the contract is over"}
        services.record_account_act("session.revoked", each.user, by=_BY_TIME, after=told)
    return len(found)


def _end(session: UserSession) -> bool:
    ours, _ = UserSession.objects.filter(pk=session.pk).delete()
    if not ours:
        return False
    told: dict[str, object] = {"started": session.created_at.isoformat(), "seen": session.last_seen_at.isoformat()}
    services.record_account_act("session.expired", session.user, by=_BY_TIME, after=told)
    return True
