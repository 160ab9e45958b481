"""Other ways for outbound mail than the servers that domains name: which ones stand where, and orders to set and to end them.

The truth is at the nodes, where `ecluse detour` sets them, too: they tell what stands with their reports.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.mail.models import NodeOrder
from ecluse.control.mail.orders import LIVES_S, give_order, state_of
from ecluse.control.operation.nodes import nodes
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.owned import scope_of
from ecluse.domain.detour import MOST_HOURS, Detour
from ecluse.domain.errors import Impossible
from ecluse.domain.order import ALL_OF_A_DESTINATION, DetourOrder, OrderKind
from ecluse.wire.notations import NextHop

__all__ = ["NodeOrder", "state_of"]

ORDERS_SHOWN = 50
_HOUR_S = 3_600.0


class OwnDomain(Impossible):
    """Mail for a domain of ours goes by its routes."""


class NoSuchNode(Impossible):
    """No node has reported under this name, or none at all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One detour at one node, as it was reported last."""

    node: str
    detour: Detour

    @property
    def until(self) -> datetime:
        """When it ends by itself."""
        return datetime.fromtimestamp(self.detour.until, UTC)


@dataclass(frozen=True, slots=True)
class Way:
    """Whose mail is meant, and where it goes."""

    client: Client | None  # None: every client's.
    destination: str  # A domain; "": every one.
    next_hop: NextHop | None = None  # None: by MX again.
    hours: float = 0.0


def standing_detours(now: datetime) -> list[Standing]:
    """Those of all nodes that are in force, by whose mail they are for."""
    found = [
        Standing(node.name, each)
        for node in nodes(now)
        for each in (node.report.detours if node.report else ())
        if each.until > now.timestamp()
    ]
    return sorted(found, key=lambda each: (each.detour.key, each.node))


def order_way(way: Way, now: datetime, node: str = "", *, by: Actor) -> list[NodeOrder]:
    """Have one node, or with "" all that have ever reported, send this mail so; what waits is tried at once.

    A node that is away does so when it is back, while the time lasts. Raises `Impossible` for too long a time and for
    neither client nor domain, `OwnDomain`, and `NoSuchNode`.
    """
    _demand_sense(way)
    seen = [each for each in nodes(now) if node in ("", each.name)]
    if not seen:
        raise NoSuchNode("no such node")
    with scope_of(way.client), change(by=by) as act:
        return order_at(act, way, [each.name for each in seen])


def order_at(act: Change, way: Way, names: Collection[str]) -> list[NodeOrder]:
    """The same as a part of a change, at nodes that exist. In the client's scope. Raises as `order_way`."""
    _demand_sense(way)
    if way.destination and _is_ours(way):
        raise OwnDomain("mail for the client's own domains goes by their routes")
    return [_order(act, way, name) for name in names]


def orders_about_ways() -> list[NodeOrder]:
    """The last ones to all nodes, the newest first."""
    with scopes_disabled():  # The provider runs the queues of all clients.
        rows = NodeOrder.objects.filter(kind=OrderKind.DETOUR).select_related("client")
        return list(rows.order_by("-ordered_at", "-id")[:ORDERS_SHOWN])


def _demand_sense(way: Way) -> None:
    if way.client is None and not way.destination:
        raise Impossible("name a client, a domain, or both")
    if way.next_hop is not None and not 0 < way.hours <= MOST_HOURS:
        raise Impossible(f"more than 0 and {MOST_HOURS} hours at most")


def _is_ours(way: Way) -> bool:
    """Of all clients where the detour is for all: what they send each other would miss its server."""
    return Domain.objects.filter(name=way.destination, proven_at__isnull=False).exists()


def _order(act: Change, way: Way, node: str) -> NodeOrder:
    hop, lives_s = way.next_hop, way.hours * _HOUR_S if way.next_hop else LIVES_S
    whose = way.client.name if way.client else ""
    told = {"node": node, "destination": way.destination, "next_hop": hop or "", "hours": way.hours}
    host, port = (hop.host, hop.port) if hop else ("", 0)
    where = DetourOrder(whose, way.destination, host, port, time.time() + lives_s)
    kind, target = OrderKind.DETOUR, ALL_OF_A_DESTINATION
    row = give_order(act, way.client, node, kind, target, where, lives_s=min(lives_s, LIVES_S))
    act.record("queue.detour-ordered", row, client_id=way.client.pk if way.client else None, after=told)
    return row
