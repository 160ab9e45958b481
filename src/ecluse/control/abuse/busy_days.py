"""Addresses that receive or send much on one day of their client's calendar: seen by it from 80 %, a case above 500 (3-9).

Where the client lets its accounts send less than that, those are seen from 80 % of its own limit on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

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
from ecluse.domain.log_figures import BusyAddress
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
        clients = {each.name: each for each in Client.objects.select_related("wishes")}
    for looked_for, names in _grouped(clients.values(), now).items():
        busy = log.busy_addresses(names, looked_for.begin, looked_for.end, looked_for.least)
        for name, addresses in busy.items():
            with scope(client=clients[name]):
                _note(clients[name], looked_for.day, addresses)
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


@dataclass(frozen=True, slots=True)
class _LookedFor:
    """What is asked of the log at once: most clients have the same clocks, and the same limit."""

    day: date
    begin: float
    end: float
    least: int


def _grouped(clients: Iterable[Client], now: float) -> dict[_LookedFor, list[str]]:
    """Names of those of whom the same is asked."""
    found: dict[_LookedFor, list[str]] = defaultdict(list)
    for client in clients:
        zone = zone_named(client.time_zone)
        for day in _days(now, zone):
            begin, end = (datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + timedelta(days=1)))
            found[_LookedFor(day, begin.timestamp(), end.timestamp(), _least(client))].append(client.name)
    return found


def _days(now: float, zone: ZoneInfo) -> set[date]:
    local = datetime.fromtimestamp(now, zone)
    return {local.date(), (local - LATE).date()}


def _least(client: Client) -> int:
    """From so many on an account's mail is seen, which the client's own limit may bring down."""
    return min(_seen_from(MOST_A_DAY), _seen_from(_most_of(wishes_of(client)) or MOST_A_DAY))


def _note(client: Client, day: date, busy: Iterable[BusyAddress]) -> None:
    own = set(proven_by_name())
    for each in busy:
        if each.direction != Direction.OUTBOUND and each.messages < _seen_from(MOST_A_DAY):
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
