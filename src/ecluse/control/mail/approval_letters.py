"""Who may release a client's outbound mail is told by mail that some of it waits for him: gathered, not one by one.

What nobody hears of by mail the page and the webhook `message.held` say all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Max, Min, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.accounts.gathered_letters import Gathered, Waiting, tell_each
from ecluse.control.accounts.queries import User
from ecluse.control.accounts.roles import PERMISSIONS, Permission
from ecluse.control.mail.models import ApprovalLetter, CopyState, HeldCopy
from ecluse.control.tenants.models import Client
from ecluse.domain.incoming import Direction

GATHER_S = 120.0  # What comes together is told together.
APART_S = 4 * 3_600.0  # Between two letters to the same person.
KEPT_S = 30 * 86_400.0  # No held message is older (15-4).
_WAITING = (CopyState.HELD, CopyState.ASKED)


@dataclass(frozen=True, slots=True)
class ApprovalNews:
    """One letter: no sender, recipient or word of what waits stands in it."""

    recipient: str
    language: str
    client: Client
    count: int  # Messages that wait.
    oldest: datetime


Send = Callable[[ApprovalNews], None]


def tell_of_approvals(now: float, send: Send) -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        ApprovalLetter.objects.filter(told_at__lt=now - KEPT_S).delete()
        clients = list(Client.objects.filter(pk__in=_copies().values("client")))

    def write(client: Client, user: User, waiting: Waiting) -> None:
        oldest = datetime.fromtimestamp(waiting.oldest, UTC)
        send(ApprovalNews(user.email, user.language or client.language, client, waiting.count, oldest))

    return tell_each(clients, _ABOUT, write, now)


def _copies() -> QuerySet[HeldCopy]:
    return HeldCopy.objects.filter(state__in=_WAITING, message__direction=Direction.OUTBOUND)


def _waiting(since: float) -> Waiting | None:
    of = "message__received_at"
    copies = _copies().filter(message__received_at__gt=since)
    found = copies.aggregate(count=Count("message", distinct=True), oldest=Min(of), newest=Max(of))
    return Waiting(**found) if found["count"] else None


_ABOUT = Gathered(
    name="approvals",
    action="approval.told",
    counted="messages",
    readers=tuple(role for role, may in PERMISSIONS.items() if Permission.RELEASE in may),
    letters=ApprovalLetter,
    waiting=_waiting,
    gather_s=GATHER_S,
    apart_s=APART_S,
)
