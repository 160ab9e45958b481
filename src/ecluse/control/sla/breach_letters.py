"""A client's owners are told by mail that they have a choice, each once: its month runs from the day it opens (6-11).

A letter is claimed before it is sent. Whoever was killed in between may have sent it: it is repeated once, and then no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.queries import people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import IN_HAND_FOR, for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.sla.models import Breach, BreachLetter

AT_ONCE = 50  # Letters that one look takes up.
MOST_READERS = 20
_ONCE_AGAIN = 2
_TELL = "tell of a broken service level"
_BY = Actor(ActorKind.JOB, "months")


@dataclass(frozen=True, slots=True)
class BreachNews:
    """One letter."""

    recipient: str
    language: str
    breach: Breach


def address_letters(row: Breach) -> None:
    """To each owner of its client. In the client's scope."""
    owners = people_in((Role.OWNER,), row.client)[:MOST_READERS]
    BreachLetter.objects.bulk_create([BreachLetter(client_id=row.client_id, breach=row, user=each) for each in owners])


def tell_of_breaches(now: datetime, send: Callable[[BreachNews], None]) -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    is_left = Q(times__lt=_ONCE_AGAIN, tried_at__lt=now - IN_HAND_FOR)
    with scopes_disabled():  # A job of the provider's.
        due = ready(_TELL, BreachLetter.objects.filter(Q(times=0) | is_left), now)
        letters = list(due.select_related("client", "user", "breach__closing", "breach__contract")[:AT_ONCE])

    def send_one(letter: BreachLetter) -> bool:
        with scope(client=letter.client):
            return _is_sent(letter, now, send)

    return for_each(_TELL, letters, send_one, now)


def _is_sent(letter: BreachLetter, now: datetime, send: Callable[[BreachNews], None]) -> bool:
    mine = BreachLetter.objects.filter(pk=letter.pk)
    if not mine.filter(times=letter.times).update(times=F("times") + 1, tried_at=now):
        return False
    row = letter.breach
    if not row.is_open(now.astimezone(row.contract.zone).date()):
        mine.delete()
        return False
    news = BreachNews(letter.user.email, letter.user.language or letter.client.language, row)
    if not send_claimed(lambda: send(news), refused=mine.delete, put_back=lambda: mine.update(times=letter.times)):
        return False
    with change(by=_BY) as act:
        mine.delete()
        act.record("sla.breach-told", row, client_id=row.client_id, after={"to": news.recipient})
    return True
