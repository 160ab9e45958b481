"""Addresses that receive or send much on one day of their client's calendar: seen by it from 80 %, a case above 500 (3-9).

Where the client lets its accounts send less than that, those are seen from 80 % of its own limit on.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from math import ceil

from django.db.models import QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.cases import case_of
from ecluse.control.abuse.models import BusyDay, Case, CaseKind, CaseNote
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.mail.digests import zone_named
from ecluse.control.policies.queries import wishes, wishes_of
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import proven_by_name
from ecluse.domain.incoming import Direction
from ecluse.ports.message_log import MessageLog
from ecluse.wire.wishes import Wishes

__all__ = ["BusyDay"]

MOST_A_DAY = 500  # Contract 3-9: more messages are too many.
SEEN_FROM_SHARE = 0.8
SHOWN_DAYS = 7
KEPT_DAYS = 90
LATE = timedelta(hours=2)  # So long after its end a day is still counted.
_BY = Actor(ActorKind.JOB, "busy days")


def busy_days(now: float | None = None) -> list[BusyDay]:
    """Of the open scope, in the last days, the newest first."""
    today = datetime.fromtimestamp(time.time() if now is None else now, UTC).date()
    return list(BusyDay.objects.filter(day__gt=today - timedelta(days=SHOWN_DAYS)))


def own_most() -> int:
    """How many messages a day the client in scope lets each of its accounts send; 0 = as many as the provider does."""
    return _most_of(wishes())


def note_busy_days(log: MessageLog, now: float) -> int:
    """Count today's mail of all clients anew; how many addresses have newly become a case. A job of the provider's."""
    count = 0
    with scopes_disabled():  # What each of them wishes.
        clients = list(Client.objects.select_related("wishes"))
    for client in clients:
        with scope(client=client):
            for day in _days(client, now):
                _count(client, day, log)
    with scopes_disabled():  # Days of all clients.
        beyond = list(Client.objects.filter(pk__in=_unsorted().values("client")))
    for client in beyond:
        with scope(client=client):
            count += _sort(client)
    with scopes_disabled():  # As above.
        BusyDay.objects.filter(day__lt=datetime.fromtimestamp(now, UTC).date() - timedelta(days=KEPT_DAYS)).delete()
    return count


def _most_of(wishes: Wishes) -> int:
    return wishes.sending_limits.account.messages_per_day


def _days(client: Client, now: float) -> set[date]:
    local = datetime.fromtimestamp(now, zone_named(client.time_zone))
    return {local.date(), (local - LATE).date()}


def _count(client: Client, day: date, log: MessageLog) -> None:
    zone = zone_named(client.time_zone)
    begin, end = (datetime(each.year, each.month, each.day, tzinfo=zone) for each in (day, day + timedelta(days=1)))
    inbound = _seen_from(MOST_A_DAY)
    outbound = min(inbound, _seen_from(_most_of(wishes_of(client)) or MOST_A_DAY))
    busy = log.busy_addresses(client.name, begin.timestamp(), end.timestamp(), outbound)
    own = set(proven_by_name()) if busy else set()
    for each in busy:
        if each.direction != Direction.OUTBOUND and each.messages < inbound:
            continue
        if not _is_of(each.address, own):
            continue  # Of somebody outside, whose mail the client's users forward.
        values = {"messages": each.messages}
        BusyDay.objects.update_or_create(values, client=client, day=day, direction=each.direction, address=each.address)


def _seen_from(most: int) -> int:
    return ceil(SEEN_FROM_SHARE * most)


def _is_of(address: str, domains: set[str]) -> bool:
    """Whether it is of one of these domains, or below one: servers send from there, too."""
    labels = address.rpartition("@")[2].split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _unsorted() -> QuerySet[BusyDay]:
    return BusyDay.objects.filter(messages__gt=MOST_A_DAY, is_sorted=False)


def _sort(client: Client) -> int:
    """Put what is too much into the client's case; numbers alone, since the address stands on the client's page."""
    with change(by=_BY) as act:
        fresh = list(_unsorted().select_for_update())
        for each in fresh:
            case = case_of(client, CaseKind.VOLUME, by=_BY)
            text = f"{each.day}: {each.messages} messages of one address, {each.direction}"
            CaseNote.objects.create(case=case, by=str(_BY), at=act.at, text=text)
            Case.objects.filter(pk=case.pk).update(moved_at=act.at)
        BusyDay.objects.filter(pk__in=[each.pk for each in fresh]).update(is_sorted=True)
        return len(fresh)
