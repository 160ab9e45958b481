"""Who may release a client's outbound mail is told by mail that some of it waits for him: gathered, not one by one.

What waits and was not told of yet makes one letter to each reader, some minutes after it came; the next one goes out when
something new waits, hours later at the soonest. A letter is claimed before it is sent. Of a worker that was killed in
between nobody hears by mail; the page and the webhook `message.held` say so all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Max, Min, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import PERMISSIONS, Permission
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.mail.models import ApprovalLetter, CopyState, HeldCopy
from ecluse.control.tenants.models import Client
from ecluse.domain.incoming import Direction

GATHER_S = 120.0  # What comes together is told together.
APART_S = 4 * 3_600.0  # Between two letters to the same person.
KEPT_S = 30 * 86_400.0  # No held message is older (15-4).
MOST_READERS = 20
_WAITING = (CopyState.HELD, CopyState.ASKED)
_READERS = tuple(role for role, may in PERMISSIONS.items() if Permission.RELEASE in may)
_BY = Actor(ActorKind.JOB, "approvals")


@dataclass(frozen=True, slots=True)
class ApprovalNews:
    """One letter: no sender, recipient or word of what waits stands in it."""

    recipient: str
    language: str
    client: Client
    count: int  # Messages that wait.
    oldest: datetime


Send = Callable[[ApprovalNews], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits of one client's; times of receipt in seconds since the epoch (UTC)."""

    count: int
    oldest: float
    newest: float


def tell_of_approvals(now: float, send: Send) -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        ApprovalLetter.objects.filter(told_at__lt=now - KEPT_S).delete()
        clients = list(Client.objects.filter(pk__in=_copies().values("client")))

    def tell(client: Client) -> int:
        with scope(client=client):
            return _tell(client, now, send)

    return for_each("tell a client of approvals", clients, tell, _utc(now))


def _copies() -> QuerySet[HeldCopy]:
    return HeldCopy.objects.filter(state__in=_WAITING, message__direction=Direction.OUTBOUND)


def _tell(client: Client, now: float, send: Send) -> int:
    waiting = _waiting(_copies())
    if waiting is None:
        return 0
    told = {row.user_id: row for row in ApprovalLetter.objects.all()}
    return for_each(
        "tell of approvals",
        people_in(_READERS, client)[:MOST_READERS],
        lambda user: _is_told(client, user, told.get(user.pk), waiting, now, send),
        _utc(now),
        name=lambda user: f"{key_of(client)}, {key_of(user)}",
    )


def _waiting(copies: QuerySet[HeldCopy]) -> _Waiting | None:
    of = "message__received_at"
    found = copies.aggregate(count=Count("message", distinct=True), oldest=Min(of), newest=Max(of))
    return _Waiting(found["count"], found["oldest"], found["newest"]) if found["count"] else None


def _is_told(
    client: Client, user: User, before: ApprovalLetter | None, waiting: _Waiting, now: float, send: Send
) -> bool:
    newest, told_at = (before.newest, before.told_at) if before else (0.0, 0.0)
    fresh = _waiting(_copies().filter(message__received_at__gt=newest)) if waiting.newest > newest else None
    if fresh is None or now - told_at < APART_S or now - fresh.oldest < GATHER_S:
        return False
    row, is_new = ApprovalLetter.objects.get_or_create(
        client=client, user=user, defaults={"newest": waiting.newest, "told_at": now}
    )
    mine = ApprovalLetter.objects.filter(pk=row.pk)
    if not is_new and not mine.filter(newest=newest, told_at=told_at).update(newest=waiting.newest, told_at=now):
        return False  # Another worker was quicker.
    language = user.language or client.language
    news = ApprovalNews(user.email, language, client, waiting.count, _utc(waiting.oldest))

    def put_back() -> None:
        mine.update(newest=newest, told_at=told_at)

    if not send_claimed(lambda: send(news), refused=_nothing, put_back=put_back):
        return False
    with change(by=_BY) as act:
        act.record("approval.told", client, client_id=client.pk, after={"to": user.email, "messages": waiting.count})
    return True


def _nothing() -> None:
    """Whom no mail server takes letters for sees the page."""


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
