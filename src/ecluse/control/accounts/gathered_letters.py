"""Who may do something about what waits at a client is told of it by mail: gathered, not one by one.

What waits and was not told of yet makes one letter to each reader, some time after it came; the next one goes out when
something new waits, and not soon after the last. A letter is claimed before it is sent. Of a worker that was killed in
between nobody hears by mail; the page on which it waits says so all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django_scopes import scope

from ecluse.control.accounts.models import LastLetter, User
from ecluse.control.accounts.queries import people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.tenants.models import Client

MOST_READERS = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of one client's; times in seconds since the epoch (UTC)."""

    count: int
    oldest: float
    newest: float


Write = Callable[[Client, User, Waiting], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one kind of letters is about, who gets them, and when; in seconds."""

    name: str  # "approvals": in the trail, and of what could not be done.
    action: str  # "approval.told".
    counted: str  # What waits, in the trail: "messages".
    readers: tuple[Role, ...]
    letters: type[LastLetter]
    waiting: Callable[[float], Waiting | None]  # What came after this time, of the scope's client; None: nothing.
    gather_s: float  # So long what has come waits for more.
    apart_s: float  # Between two letters to the same person.


def tell_each(clients: Iterable[Client], about: Gathered, write: Write, now: float) -> int:
    """Write whatever letters are due at these clients; how many went.

    `write` raises `Unavailable`: then it is tried again; `Refused`: then not of the same.
    """

    def tell(client: Client) -> int:
        with scope(client=client):
            return _tell(client, about, write, now)

    return for_each(f"tell a client of {about.name}", clients, tell, datetime.fromtimestamp(now, UTC))


def _tell(client: Client, about: Gathered, write: Write, now: float) -> int:
    waiting = about.waiting(0.0)
    if waiting is None:
        return 0
    told = {row.user_id: row for row in about.letters.objects.all()}
    return for_each(
        f"tell of {about.name}",
        people_in(about.readers, client)[:MOST_READERS],
        lambda user: _is_told(client, user, told.get(user.pk), waiting, about, write, now),
        datetime.fromtimestamp(now, UTC),
        name=lambda user: f"{key_of(client)}, {key_of(user)}",
    )


def _is_told(
    client: Client, user: User, before: LastLetter | None, waiting: Waiting, about: Gathered, write: Write, now: float
) -> bool:
    newest, told_at = (before.newest, before.told_at) if before else (0.0, 0.0)
    fresh = about.waiting(newest) if waiting.newest > newest else None
    if fresh is None or now - told_at < about.apart_s or now - fresh.oldest < about.gather_s:
        return False
    row, is_new = about.letters.objects.get_or_create(
        client=client, user=user, defaults={"newest": waiting.newest, "told_at": now}
    )
    mine = about.letters.objects.filter(pk=row.pk)
    if not is_new and not mine.filter(newest=newest, told_at=told_at).update(newest=waiting.newest, told_at=now):
        return False  # Another worker was quicker.

    def put_back() -> None:
        mine.update(newest=newest, told_at=told_at)

    if not send_claimed(lambda: write(client, user, waiting), refused=_nothing, put_back=put_back):
        return False
    with change(by=Actor(ActorKind.JOB, about.name)) as act:
        act.record(about.action, client, client_id=client.pk, after={"to": user.email, about.counted: waiting.count})
    return True


def _nothing() -> None:
    """Whom no mail server takes letters for sees the page."""
