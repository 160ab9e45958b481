"""Who keeps a client's list of addresses is told by mail that found ones wait for his word: once a week at most.

Nothing is ever taken over by itself (`found.py`), and who does not look at the page would hear of none. A letter is claimed
before it is sent. Of a worker that was killed in between nobody hears by mail; the console's first page says so all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Max, Min
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.directories.found import KEPT_S, found_addresses
from ecluse.control.directories.models import FoundAddress, FoundLetter
from ecluse.control.tenants.models import Client
from ecluse.domain.policy import ServiceState

GATHER_S = 86_400.0  # Most of a domain's addresses are found on its first day.
APART_S = 7 * 86_400.0  # Between two letters to the same person.
MOST_READERS = 20
_READERS = (Role.OWNER, Role.ADMINISTRATOR)
_BY = Actor(ActorKind.JOB, "found addresses")


@dataclass(frozen=True, slots=True)
class FoundNews:
    """One letter: it names no address."""

    recipient: str
    language: str
    client: Client
    count: int  # Addresses that wait.


Send = Callable[[FoundNews], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits of one client's; times in seconds since the epoch (UTC)."""

    count: int
    oldest: float
    newest: float


def tell_of_found(now: float, send: Send) -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then not that week.
    """
    with scopes_disabled():  # A job of the provider's.
        FoundLetter.objects.filter(told_at__lt=now - KEPT_S).delete()
        owners = FoundAddress.objects.filter(dismissed_at=None, found_at__lte=now - GATHER_S).values("client")
        clients = list(Client.objects.filter(pk__in=owners).exclude(state=ServiceState.ENDED))

    def tell(client: Client) -> int:
        with scope(client=client):
            return _tell(client, now, send)

    return for_each("tell a client of found addresses", clients, tell, _utc(now))


def _tell(client: Client, now: float, send: Send) -> int:
    waiting = _waiting(since=0.0)
    if waiting is None:
        return 0
    told = {row.user_id: row for row in FoundLetter.objects.all()}
    return for_each(
        "tell of found addresses",
        people_in(_READERS, client)[:MOST_READERS],
        lambda user: _is_told(client, user, told.get(user.pk), waiting, now, send),
        _utc(now),
        name=lambda user: f"{key_of(client)}, {key_of(user)}",
    )


def _waiting(*, since: float) -> _Waiting | None:
    of = "found_at"
    found = found_addresses().filter(found_at__gt=since).aggregate(count=Count("pk"), oldest=Min(of), newest=Max(of))
    return _Waiting(**found) if found["count"] else None


def _is_told(client: Client, user: User, before: FoundLetter | None, waiting: _Waiting, now: float, send: Send) -> bool:
    newest, told_at = (before.newest, before.told_at) if before else (0.0, 0.0)
    fresh = _waiting(since=newest) if waiting.newest > newest else None
    if fresh is None or now - told_at < APART_S or now - fresh.oldest < GATHER_S:
        return False
    row, is_new = FoundLetter.objects.get_or_create(
        client=client, user=user, defaults={"newest": waiting.newest, "told_at": now}
    )
    mine = FoundLetter.objects.filter(pk=row.pk)
    if not is_new and not mine.filter(newest=newest, told_at=told_at).update(newest=waiting.newest, told_at=now):
        return False  # Another worker was quicker.

    def put_back() -> None:
        mine.update(newest=newest, told_at=told_at)

    news = FoundNews(user.email, user.language or client.language, client, waiting.count)
    if not send_claimed(lambda: send(news), refused=_nothing, put_back=put_back):
        return False
    with change(by=_BY) as act:
        told = {"to": user.email, "addresses": waiting.count}
        act.record("found-addresses.told", client, client_id=client.pk, after=told)
    return True


def _nothing() -> None:
    """Whom no mail server takes letters for sees the page."""


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
