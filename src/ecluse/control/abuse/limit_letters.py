"""Who runs a client is told by mail which of its sending limits are near or reached: each once in its window.

Of a day's limit both words are said: from four fifths on, when something can still be done, and when it turns mail away. Of a
minute's or an hour's the second alone, and no more of the same one for some hours. What is new makes one alarm of the client's,
whose readers get one letter each; the first alarms of an hour go out at once, what comes after them waits until it has passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.models import LimitAlarm, LimitLetter, ToldLimit
from ecluse.control.accounts.queries import people_in
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.letters import Steps, send_once
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.tenants.models import Client
from ecluse.domain.sending import DAY_S

__all__ = ["ToldLimit"]

AT_ONCE = 50  # Letters that one look takes up.
MOST_READERS = 20
MOST_LISTED = 20  # Limits of one letter; the page has the others.
ALARMS_AN_HOUR = 3  # Of one client.
APART_S = 4 * 3_600.0  # Between two words about the same limit of a minute or an hour.
FRESH_S = 86_400.0  # What was reached before is not spoken of, and no letter is tried for longer.
_TELL = "tell of limits"
_BY = Actor(ActorKind.JOB, "sending limits")


@dataclass(frozen=True, slots=True)
class LimitNews:
    """One letter."""

    recipient: str
    language: str
    client: Client
    limits: tuple[ToldLimit, ...]  # The newest; at least one.
    count: int  # Of all.
    is_reached: bool  # Whether one of them turns mail away.


Send = Callable[[LimitNews], None]


def tell_of_limits(now: float, send: Send) -> int:
    """Write whatever letters are due; how many were sent. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never.
    """
    with scopes_disabled():  # A job of the provider's.
        clients = list(Client.objects.filter(pk__in=_untold(now).values("client")))
    at = datetime.fromtimestamp(now, UTC)
    for_each("note limits", clients, lambda client: _note(client, now), at)
    with scopes_disabled():  # As above.
        letters = list(ready(_TELL, LimitLetter.objects.select_related("client", "user", "alarm"), at)[:AT_ONCE])
    return for_each(_TELL, letters, lambda letter: _tell(letter, send, at), at)


def forget_alarms(now: float) -> None:
    """Letters that could not be sent for a day, and alarms that are no longer counted. A job of the provider's."""
    with scopes_disabled():  # As above.
        LimitLetter.objects.filter(alarm__at__lt=now - FRESH_S).delete()
        LimitAlarm.objects.filter(at__lt=now - FRESH_S, letters=None).delete()


def _untold(now: float) -> QuerySet[ToldLimit]:
    is_of_a_day, is_still_reached = Q(window_s__gte=DAY_S), Q(told_reached__lt=F("ends_at"))
    near = Q(reached_at=0, ends_at__gt=now, told_near__lt=F("ends_at"))
    reached = Q(reached_at__gt=now - FRESH_S) & is_still_reached
    return ToldLimit.objects.filter((is_of_a_day & (near | reached)) | (reached & Q(told_at__lt=now - APART_S)))


def _note(client: Client, now: float) -> int:
    """Make an alarm of what is new, and its letters; whether there was any."""
    with scope(client=client), transaction.atomic():
        if LimitAlarm.objects.filter(at__gt=now - 3_600.0).count() >= ALARMS_AN_HOUR:
            return 0
        alarm = LimitAlarm.objects.create(client=client, at=now)
        if not _untold(now).update(alarm=alarm, told_at=now, told_near=F("ends_at")):  # Another worker was quicker.
            alarm.delete()
            return 0
        alarm.limits.filter(reached_at__gt=0).update(told_reached=F("ends_at"))
        people = people_in((Role.OWNER, Role.ADMINISTRATOR), client)[:MOST_READERS]
        LimitLetter.objects.bulk_create(LimitLetter(client=client, alarm=alarm, user=each) for each in people)
        return 1


def _tell(letter: LimitLetter, send: Send, now: datetime) -> bool:
    with scope(client=letter.client):
        news = _news(letter)
        if news is None:
            letter.delete()
            return False

        def sent() -> None:
            with change(by=_BY) as act:
                told = {"to": news.recipient, "limits": news.count}
                act.record("limit.told", letter.alarm, client_id=letter.client_id, after=told)
                letter.delete()

        mine = LimitLetter.objects.filter(pk=letter.pk)
        return send_once(_TELL, letter, Steps(mine.exists, lambda: send(news), sent, letter.delete), now)


def _news(letter: LimitLetter) -> LimitNews | None:
    """None where all of them stand in a newer letter, or are forgotten."""
    limits = letter.alarm.limits.all()
    listed = tuple(limits[:MOST_LISTED])
    if not listed:
        return None
    language = letter.user.language or letter.client.language
    is_reached = limits.filter(reached_at__gt=0).exists()
    return LimitNews(letter.user.email, language, letter.client, listed, limits.count(), is_reached)
