"""Breaking the glass: a provider's person acts for a client, and the client knows who, why, until when (14-2, 14-3).

He acts as an administrator would, or sees the console as one named person of the client sees it: no more than both may. That
person knows it, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ecluse.control.accounts.models import MAX_REASON, BreakGlass, Membership, User
from ecluse.control.accounts.roles import (
    LENT_AS_SOMEBODY,
    LENT_AS_SOMEBODY_BY_CONSENT,
    LENT_BY_CONSENT,
    LENT_FOR_A_REASON,
    PERMISSIONS,
    PROVIDER_SIDE,
    Permission,
    Role,
)
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


class NotOfTheClient(Impossible):
    """Whom he wants to act as belongs to somebody else."""


class NeedsConsent(Impossible):
    """All that this person sees is content."""


def ask(
    user: User, client: Client, reason: str, *, wants_content: bool, acts_as: Membership | None = None, by: Actor
) -> BreakGlass:
    """Act for the client from now on; where content is wanted, once the client consents. What he had before ends.

    Raises `NotOfTheProvider`, `NotOfTheClient`, `NeedsConsent`.
    """
    if acts_as is not None:
        _demand_possible(acts_as, client, wants_content=wants_content)
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
            acts_as=acts_as.user.email if acts_as else "",
            asked_at=act.at,
            opened_at=None if wants_content else act.at,
            ends_at=act.at + (CONSENT_WAITS if wants_content else ACTING_LASTS),
        )
        told = {"reason": reason, "wants_content": wants_content, "until": row.ends_at.isoformat()}
        if row.acts_as:
            told["as"] = row.acts_as
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


def people_to_act_as(client: Client) -> QuerySet[Membership]:
    """The client's own; the provider's side has more clients than this one."""
    own = Membership.objects.filter(client=client, user__is_active=True).exclude(role__in=PROVIDER_SIDE)
    return own.select_related("user").order_by("user__email")


def lookers_at(client: Client, person: str) -> QuerySet[BreakGlass]:
    """Who sees the client's console as this person sees it, at the moment."""
    return current(client).filter(acts_as=person, opened_at__isnull=False)


def lent(glass: BreakGlass | None) -> frozenset[Permission]:
    """What its holder may do beside what his role allows."""
    if glass is None:
        return frozenset()
    return LENT_BY_CONSENT if glass.wants_content else LENT_FOR_A_REASON


def lent_as_somebody(glass: BreakGlass) -> frozenset[Permission]:
    """What he may at most of what that person may."""
    return LENT_AS_SOMEBODY_BY_CONSENT if glass.wants_content else LENT_AS_SOMEBODY


def _demand_possible(acts_as: Membership, client: Client, *, wants_content: bool) -> None:
    if not people_to_act_as(client).filter(pk=acts_as.pk).exists():
        raise NotOfTheClient("this person is none of the client's")
    if not wants_content and not PERMISSIONS[Role(acts_as.role)] & LENT_AS_SOMEBODY:
        raise NeedsConsent("all that this person sees is content")


def _end(act: Change, glass: BreakGlass) -> bool:
    is_ended = BreakGlass.objects.filter(pk=glass.pk, ended_at=None).update(ended_at=act.at) > 0
    if is_ended:
        act.record("break-glass.ended", glass, client_id=glass.client_id, before={"reason": glass.reason})
    return is_ended
