"""Breaking the glass: a provider's person acts for a client, and the client knows who, why, until when (14-2, 14-3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ecluse.control.accounts.models import MAX_REASON, BreakGlass, Membership, User
from ecluse.control.accounts.roles import LENT_BY_CONSENT, LENT_FOR_A_REASON, PERMISSIONS, Permission, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible

__all__ = ["MAX_REASON", "BreakGlass"]

CONSENT_WAITS = timedelta(days=3)
ACTING_LASTS = timedelta(hours=1)
SEEING_LASTS = timedelta(hours=4)
_BY_TIME = Actor(ActorKind.JOB, "break-glass")


class NotWaiting(Impossible):
    """It was answered or ended before, or its time is over."""


class NotOfTheProvider(Impossible):
    """Only the provider's people break glass, those whose role lets them."""


def ask(user: User, client: Client, reason: str, *, wants_content: bool, by: Actor) -> BreakGlass:
    """Act for the client from now on; where content is wanted, once the client consents. What he had before ends.

    Raises `NotOfTheProvider`.
    """
    roles = Membership.objects.filter(user=user, client=None).values_list("role", flat=True)
    if not any(Permission.BREAK_GLASS in PERMISSIONS[Role(each)] for each in roles):
        raise NotOfTheProvider("only the provider's people break glass")
    with change(by=by) as act:
        for before in BreakGlass.objects.filter(user=user, client=client, ended_at=None):
            _end(act, before)
        row = BreakGlass.objects.create(
            user=user,
            client=client,
            reason=reason,
            wants_content=wants_content,
            asked_at=act.at,
            opened_at=None if wants_content else act.at,
            ends_at=act.at + (CONSENT_WAITS if wants_content else ACTING_LASTS),
        )
        told = {"reason": reason, "wants_content": wants_content, "until": row.ends_at.isoformat()}
        act.record("break-glass.asked" if wants_content else "break-glass.opened", row, client_id=client.pk, after=told)
        return row


def consent(glass: BreakGlass, *, by: Actor) -> None:
    """Let him see content for a while. The caller has looked at whether the actor may. Raises `NotWaiting`."""
    with change(by=by) as act:
        waiting = BreakGlass.objects.filter(pk=glass.pk, opened_at=None, ended_at=None, ends_at__gt=act.at)
        until = act.at + SEEING_LASTS
        if not waiting.update(opened_at=act.at, ends_at=until, consented_by=by.name):
            raise NotWaiting("it was answered or ended before, or its time is over")
        told = {"person": glass.user.email, "reason": glass.reason, "until": until.isoformat()}
        act.record("break-glass.consented", glass, client_id=glass.client_id, after=told)


def end(glass: BreakGlass, *, by: Actor) -> None:
    """It lends nothing any more; one that waits is declined. Raises `NotWaiting`."""
    with change(by=by) as act:
        if not _end(act, glass):
            raise NotWaiting("it has ended before")


def end_overdue(now: datetime) -> int:
    """Record the end of what time has ended; how many. Over all clients."""
    overdue = BreakGlass.objects.filter(ended_at=None, ends_at__lte=now)
    with change(by=_BY_TIME) as act:
        return sum(_end(act, glass) for glass in overdue)


def open_glass(user: User, client: Client) -> BreakGlass | None:
    """What lends this person more than his role at the moment."""
    return current(client).filter(user=user, opened_at__isnull=False).first()


def current(client: Client) -> QuerySet[BreakGlass]:
    """What waits for the client's consent, and what is open."""
    return BreakGlass.objects.filter(client=client, ended_at=None, ends_at__gt=timezone.now()).select_related(
        "user", "client"
    )


def lent(glass: BreakGlass | None) -> frozenset[Permission]:
    """What its holder may do beside what his role allows."""
    if glass is None:
        return frozenset()
    return LENT_BY_CONSENT if glass.wants_content else LENT_FOR_A_REASON


def _end(act: Change, glass: BreakGlass) -> bool:
    is_ended = BreakGlass.objects.filter(pk=glass.pk, ended_at=None).update(ended_at=act.at) > 0
    if is_ended:
        act.record("break-glass.ended", glass, client_id=glass.client_id, before={"reason": glass.reason})
    return is_ended
