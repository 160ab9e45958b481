"""People are told of locks, each once, as soon as they come: who runs the client, and the provider (3-11, 3-12).

All locks of a client's that nobody was told of yet make one alarm, and each of its readers gets one letter. The first
alarms of an hour go out at once; what comes after them waits until the hour has passed, and stands in one letter. A
letter is claimed before it is sent. Whoever was killed in between may have sent it: it is repeated once, and then no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.models import LockAlarm, LockLetter, ToldLock
from ecluse.control.accounts.queries import User, people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.tenants.models import Client
from ecluse.domain.lock import LockScope

__all__ = ["ToldLock"]

AT_ONCE = 50  # Letters that one look takes up.
MOST_READERS = 20  # Of the client, and as many of the provider.
MOST_LISTED = 20  # Locks of one letter; the page has the others.
ALARMS_AN_HOUR = 3  # Of one client: an account, then its address, then the client.
FRESH_S = 86_400.0  # What has ended for longer is not spoken of, and no letter is tried for longer.
CLAIMED_S = 900.0  # No letter takes so long: who claimed it was killed.
_ONCE_AGAIN = 2
_TELL = "tell of locks"
_ENGLISH = "en"  # Of the provider's people who have chosen nothing.
_BY = Actor(ActorKind.JOB, "locks")


@dataclass(frozen=True, slots=True)
class LockNews:
    """One letter."""

    recipient: str
    language: str
    is_for_provider: bool
    client: Client
    locks: tuple[ToldLock, ...]  # The newest; at least one.
    count: int  # Of all.
    client_is_told: bool  # Whether there is anybody to whom it can be written.


Send = Callable[[LockNews], None]


def tell_of_locks(now: float, send: Send, abuse_address: str = "") -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `abuse_address` is told beside the provider's owners; "" = nobody reads one.
    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        clients = list(Client.objects.filter(pk__in=_untold(now).values("client")))

    def note(client: Client) -> bool:
        with scope(client=client):
            _note(client, now, abuse_address)
        return True

    at = datetime.fromtimestamp(now, UTC)
    for_each("note new locks", clients, note, at)
    with scopes_disabled():  # As above.
        due = ready(_TELL, _due(now), at).select_related("client", "user", "alarm")
        letters = list(due[:AT_ONCE])

    def send_one(letter: LockLetter) -> bool:
        with scope(client=letter.client):
            return _is_sent(letter, now, send)

    return for_each(_TELL, letters, send_one, at)


def forget_alarms(now: float) -> None:
    """Letters that could not be sent for a day, and alarms whose locks are forgotten. A job of the provider's."""
    with scopes_disabled():  # As above.
        LockLetter.objects.filter(alarm__at__lt=now - FRESH_S).delete()
        LockAlarm.objects.filter(at__lt=now - FRESH_S, locks=None).delete()


def _untold(now: float) -> QuerySet[ToldLock]:
    return ToldLock.objects.filter(Q(until=0) | Q(until__gt=now - FRESH_S), alarm=None, origin="", lifted_at=0)


def _note(client: Client, now: float, abuse_address: str) -> None:
    if LockAlarm.objects.filter(at__gt=now - 3_600.0).count() >= ALARMS_AN_HOUR:
        return
    with transaction.atomic():
        alarm = LockAlarm.objects.create(client=client, at=now)
        if not _untold(now).update(alarm=alarm):  # Another worker was quicker.
            alarm.delete()
            return
        rows = [LockLetter(client=client, alarm=alarm, user=each) for each in _people_of(client, alarm)]
        owners = _owners()
        rows += [LockLetter(client=client, alarm=alarm, user=each, is_for_provider=True) for each in owners]
        if abuse_address and abuse_address.casefold() not in {each.email.casefold() for each in owners}:
            rows.append(LockLetter(client=client, alarm=alarm, address=abuse_address, is_for_provider=True))
        LockLetter.objects.bulk_create(rows)


def _people_of(client: Client, alarm: LockAlarm) -> list[User]:
    """Who runs the client; not who is locked himself, whose mail a thief may read, unless there is nobody else."""
    people = list(_running(client))
    accounts = ToldLock.objects.filter(Q(until=0) | Q(until__gt=alarm.at), scope=LockScope.ACCOUNT, lifted_at=0)
    locked = {name.casefold() for name in accounts.values_list("name", flat=True)}
    return ([each for each in people if each.email.casefold() not in locked] or people)[:MOST_READERS]


def _running(client: Client) -> QuerySet[User]:
    return people_in((Role.OWNER, Role.ADMINISTRATOR), client)


def _owners() -> list[User]:
    return list(people_in((Role.PROVIDER_OWNER,), None)[:MOST_READERS])


def _due(now: float) -> QuerySet[LockLetter]:
    is_new, is_left = Q(times=0), Q(times__lt=_ONCE_AGAIN, tried_at__lt=now - CLAIMED_S)
    return LockLetter.objects.filter(is_new | is_left)


def _is_sent(letter: LockLetter, now: float, send: Send) -> bool:
    if not _claim(letter, now):
        return False
    news = _news(letter)
    if news is None:
        letter.delete()
        return False
    mine = LockLetter.objects.filter(pk=letter.pk)
    if not send_claimed(lambda: send(news), refused=letter.delete, put_back=lambda: mine.update(times=letter.times)):
        return False
    with change(by=_BY) as act:
        whose = None if letter.is_for_provider else letter.client_id
        act.record("lock.told", letter.alarm, client_id=whose, after={"to": news.recipient, "locks": news.count})
        letter.delete()
    return True


def _claim(letter: LockLetter, now: float) -> bool:
    """Whether it is ours to be sent."""
    as_seen = LockLetter.objects.filter(pk=letter.pk, times=letter.times, tried_at=letter.tried_at)
    return bool(as_seen.update(times=F("times") + 1, tried_at=now))


def _news(letter: LockLetter) -> LockNews | None:
    """None where all of them were unlocked meanwhile."""
    left = letter.alarm.locks.filter(lifted_at=0)
    listed = tuple(left[:MOST_LISTED])
    if not listed:
        return None
    user, client = letter.user, letter.client
    language = user.language if user else ""
    language = language or (_ENGLISH if letter.is_for_provider else client.language)
    recipient = user.email if user else letter.address
    return LockNews(
        recipient, language, letter.is_for_provider, client, listed, left.count(), _running(client).exists()
    )
