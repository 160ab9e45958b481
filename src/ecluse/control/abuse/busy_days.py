"""Addresses that receive or send much on one day of their client's calendar: seen by it from 80 %, a case above 500 (3-9).

Where the client lets its accounts send less than that, those are seen from 80 % of its own limit on. What is too much as the
mean over all addresses that the client has subscribed is a case, too, where no single one says so already. Whether a client
is suspended for it, or the provider's people decide, is a setting of the provider's.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.cases import case_of
from ecluse.control.abuse.models import BusyDay, Case, CaseKind, CaseNote
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.contracts.life import suspend_at_once
from ecluse.control.contracts.queries import addresses_in_force
from ecluse.control.mail.digests import zone_named
from ecluse.control.policies.queries import shortened_logs, wishes, wishes_of
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import proven_by_name
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import BusyAddress
from ecluse.ports.message_log import MessageLog
from ecluse.wire.wishes import Wishes

__all__ = ["BusyDay"]

MOST_A_DAY = 500  # Contract 3-9: more messages are too many.
SEEN_FROM_SHARE = 0.8
SHOWN_DAYS = 7
KEPT_DAYS = 90
MEAN = ""  # In place of an address: all that the client has subscribed, on average.
LATE = timedelta(hours=2)  # So long after its end a day is still counted.
_TURNED_AWAY = (Ending.REFUSED, Ending.DEFERRED)
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
        subscribed = addresses_in_force()
    for looked_for, names in _grouped(clients.values(), now).items():
        busy = log.busy_addresses(names, looked_for.begin, looked_for.end, looked_for.least)
        for name, addresses in busy.items():
            with scope(client=clients[name]):
                _note(clients[name], looked_for.day, addresses)
        for name, addresses in _counted_whole(names, subscribed, looked_for, log).items():
            with scope(client=clients[name]):
                _note_mean(clients[name], looked_for.day, addresses, subscribed[name])
    with scopes_disabled():  # Days of all clients.
        beyond = list(Client.objects.filter(pk__in=_unsorted().values("client")))
    for client in beyond:
        with scope(client=client):
            count += _sort(client)
    _forget_old(now)
    return count


def _forget_old(now: float) -> None:
    """They name addresses: so a client's go with its log where that is kept for less."""
    today = datetime.fromtimestamp(now, UTC).date()
    with scopes_disabled():  # Days of all clients.
        BusyDay.objects.filter(day__lt=today - timedelta(days=KEPT_DAYS)).delete()
        for client, days in shortened_logs().items():
            BusyDay.objects.filter(client=client, day__lt=today - timedelta(days=days)).delete()


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


def _counted_whole(
    names: Iterable[str], subscribed: Mapping[str, int], looked_for: _LookedFor, log: MessageLog
) -> Mapping[str, tuple[BusyAddress, ...]]:
    """All addresses of those whose mean may be too much. Without a contract nobody has subscribed anything."""
    much = [name for name in names if name in subscribed and _may_be_much(name, subscribed[name], looked_for, log)]
    return log.busy_addresses(much, looked_for.begin, looked_for.end, 1) if much else {}


def _may_be_much(name: str, addresses: int, looked_for: _LookedFor, log: MessageLog) -> bool:
    """There are no more messages than copies, which are counted by day: most clients' messages nobody needs to count."""
    copies: Counter[str] = Counter()
    for figure in log.figures(
        name, *(datetime.fromtimestamp(at, UTC).date() for at in (looked_for.begin, looked_for.end))
    ):
        copies[figure.direction] += figure.count if figure.fate not in _TURNED_AWAY else 0
    return max(copies.values(), default=0) >= _seen_from(MOST_A_DAY) * addresses


def _note(client: Client, day: date, busy: Iterable[BusyAddress]) -> None:
    own = set(proven_by_name())
    for each in busy:
        if each.direction != Direction.OUTBOUND and each.messages < _seen_from(MOST_A_DAY):
            continue
        if not _is_of(each.address, own):
            continue  # Of somebody outside, whose mail the client's users forward.
        _keep(client, day, each)


def _note_mean(client: Client, day: date, addresses: Iterable[BusyAddress], subscribed: int) -> None:
    """In each direction; above 500 by anything is 501. Where one address alone is too much, that says enough."""
    own = set(proven_by_name())
    for direction, those in _by_direction(each for each in addresses if _is_of(each.address, own)).items():
        mean = ceil(sum(those) / subscribed)
        if mean >= _seen_from(MOST_A_DAY) and max(those) <= MOST_A_DAY:
            _keep(client, day, BusyAddress(direction, MEAN, mean))


def _by_direction(addresses: Iterable[BusyAddress]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for each in addresses:
        found[each.direction].append(each.messages)
    return found


def _keep(client: Client, day: date, busy: BusyAddress) -> None:
    values = {"messages": busy.messages}
    BusyDay.objects.update_or_create(values, client=client, day=day, direction=busy.direction, address=busy.address)


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
            whose = "an address, on average" if each.address == MEAN else "one address"
            text = f"{each.day}: {each.messages} messages of {whose}, {each.direction}"
            CaseNote.objects.create(case=case, by=str(_BY), at=act.at, text=text)
            Case.objects.filter(pk=case.pk).update(moved_at=act.at)
        BusyDay.objects.filter(pk__in=[each.pk for each in fresh]).update(is_sorted=True)
        if fresh and settings.ECLUSE_SUSPENDS_FOR_VOLUME:
            suspend_at_once(f"{fresh[0].day}: more than {MOST_A_DAY} messages (3-9)", by=_BY)
        return len(fresh)
