"""The two servers that each client is given at subscription (9-6), and when both of them were down (9-8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.sla.downtimes import watched
from ecluse.control.sla.models import ServerPair
from ecluse.control.sla.spans import Span, common, merged, seconds
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction

__all__ = ["ServerPair"]

_BY = Actor(ActorKind.JOB, "servers")


@dataclass(frozen=True, slots=True)
class Columns:
    """When the first and the second of a client's servers were down, whichever they were at that time."""

    first: tuple[Span, ...]
    second: tuple[Span, ...]
    unwatched_s: int  # Of both together: the longer of each pair's.


def pairs() -> list[ServerPair]:
    """All that the scope's client has had, the oldest first."""
    return list(ServerPair.objects.all())


def pair_now() -> ServerPair | None:
    """Of the scope's client."""
    return ServerPair.objects.filter(until=None).first()


def all_names() -> list[str]:
    """Of all servers that clients have now."""
    with scopes_disabled():  # A server is nobody's in particular.
        return sorted(_names_in(ServerPair.objects.filter(until=None)))


def all_names_ever() -> frozenset[str]:
    """Of those and of all that clients had before."""
    with scopes_disabled():  # As above.
        return _names_in(ServerPair.objects.all())


def assign(client: Client, first: str, second: str, *, by: Actor) -> ServerPair:
    """These two from now on. Raises `Impossible` for one twice. In the client's scope."""
    first, second = first.strip().casefold(), second.strip().casefold()
    if not first or not second or first == second:
        raise Impossible("a client has two servers")
    with change(by=by) as act:
        now = int(act.at.timestamp())
        before = pair_now()
        ServerPair.objects.filter(until=None).update(until=now)
        row = ServerPair.objects.create(client=client, first=first, second=second, since=now)
        was = None if before is None else {"servers": list(before.names)}
        act.record("sla.servers-assigned", row, client_id=client.pk, before=was, after={"servers": [first, second]})
        return row


def assign_due(exchanges: Sequence[str]) -> int:
    """Two of these for each client whose contract is in force and who has none; how many. A job of the provider's.

    Clients are spread over them by their number. Where there is one server only, nobody is promised two.
    """
    names = sorted({each.casefold() for each in exchanges})
    if len(names) < 2:
        return 0
    with scopes_disabled():  # Contracts of all clients.
        served = set(ServerPair.objects.filter(until=None).values_list("client_id", flat=True))
        waiting = Contract.objects.filter(state__in=IN_FORCE).exclude(client_id__in=served).select_related("client")
        clients = [each.client for each in waiting]

    def give(client: Client) -> bool:
        with scope(client=client):
            assign(client, names[client.pk % len(names)], names[(client.pk + 1) % len(names)], by=_BY)
        return True

    return for_each("give a client its servers", clients, give, timezone.now())


def columns(service: Direction, within: Span) -> Columns:
    """Of the scope's client. While it had no servers nothing of it was down, and nobody watched."""
    first: list[Span] = []
    second: list[Span] = []
    had: list[Span] = []
    unwatched_s = 0
    for pair in pairs():
        [part] = common([Span(pair.since, within.end if pair.until is None else pair.until)], [within]) or [None]
        if part is not None:
            both = [watched(name, service, part) for name in pair.names]
            first += both[0].down
            second += both[1].down
            unwatched_s += max(each.unwatched_s for each in both)
            had.append(part)
    return Columns(merged(first), merged(second), unwatched_s + within.seconds - seconds(had))


def _names_in(pairs: QuerySet[ServerPair]) -> frozenset[str]:
    return frozenset(name for pair in pairs.values_list("first", "second").distinct() for name in pair)
