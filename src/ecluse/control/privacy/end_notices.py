"""The provider's owners get a letter two weeks before all goes that an ended client had set up (15-6): they may still hold it back.

The letter is claimed before it is sent, and given back where the mail server is away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django_scopes import scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_to_each
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.privacy.ended_clients import goes_at
from ecluse.control.privacy.models import EndedClient
from ecluse.domain.errors import Unavailable

BEFORE = timedelta(days=14)
_ENGLISH = "en"  # Of those who have chosen nothing.
_BY = Actor(ActorKind.JOB, "ended clients")


@dataclass(frozen=True, slots=True)
class EndNotice:
    """One letter."""

    recipient: str
    language: str
    client: int
    name: str  # Of the client.
    goes_at: datetime


Send = Callable[[EndNotice], None]


def tell_owners(now: datetime, send: Send) -> int:
    """Write of each ended client whose time has nearly come, and that nobody holds back; how many letters were sent.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's, over all clients.
        waiting = EndedClient.objects.filter(told_at=None, done_at=None, held_at=None).select_related("client")
        rows = [row for row in waiting if goes_at(row) <= now + BEFORE]
        return for_each("tell owners of an end", rows, lambda row: _told(row, now, send), now)


def _told(row: EndedClient, now: datetime, send: Send) -> int:
    if not EndedClient.objects.filter(pk=row.pk, told_at=None).update(told_at=now):
        return 0
    try:
        owners = people_in((Role.PROVIDER_OWNER,), None)
        count = send_to_each(
            "tell an owner of an end", owners, lambda user: send(_notice(user, row)), now, of=key_of(row)
        )
    except Unavailable:
        EndedClient.objects.filter(pk=row.pk).update(told_at=None)
        return 0
    with change(by=_BY) as act:
        act.record("client.end-told", row.client, client_id=row.client_id, after={"letters": count})
    return count


def _notice(user: User, row: EndedClient) -> EndNotice:
    return EndNotice(user.email, user.language or _ENGLISH, row.client_id, row.client.name, goes_at(row))
