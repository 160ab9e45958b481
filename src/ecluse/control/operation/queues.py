"""What waits on the nodes, and what may be ordered about it: for one message, or for all of a destination."""

from __future__ import annotations

from django.db.models import Q
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.models import NodeOrder
from ecluse.control.mail.orders import give_order, state_of
from ecluse.control.operation.detours import Way, order_at
from ecluse.control.operation.models import ToldBacklog
from ecluse.domain.errors import Impossible
from ecluse.domain.order import ALL_OF_A_DESTINATION, OrderKind, QueueOrder
from ecluse.wire.notations import NextHop

__all__ = ["NodeOrder", "ToldBacklog", "state_of"]

MOST = 2_000  # Backlogs on all nodes that are listed, the largest first.
KINDS = (OrderKind.RETRY, OrderKind.HOLD, OrderKind.RESUME, OrderKind.GIVE_BACK)
ORDERS_SHOWN = 20


def backlogs(*, node: str = "", search: str = "", most: int = MOST) -> list[ToldBacklog]:
    """Of all clients, the largest first, without their messages; `search` is looked for in client, destination and reason."""
    with scopes_disabled():  # The provider runs the queues of all clients.
        rows = ToldBacklog.objects.select_related("client").defer("messages")
        if node:
            rows = rows.filter(node=node)
        if search:
            rows = rows.filter(
                Q(client__name__icontains=search) | Q(destination__icontains=search) | Q(reason__icontains=search)
            )
        return list(rows[:most])


def find_backlog(pk: int) -> ToldBacklog | None:
    """Of any client."""
    with scopes_disabled():  # As above.
        return ToldBacklog.objects.select_related("client").filter(pk=pk).first()


def order(backlog: ToldBacklog, kind: OrderKind, *, message: str = "", by: Actor) -> NodeOrder:
    """Have its node do so with one of its messages, or with all that wait there when it gets the order.

    Raises `Impossible` for another kind, or for a message that the backlog does not name.
    """
    if kind not in KINDS:
        raise Impossible("no order to a queue")
    if message and message not in {each.id for each in backlog.waiting}:
        raise Impossible("this message does not wait there any more")
    body = None if message else QueueOrder(backlog.client.name, backlog.destination)
    told = {"node": backlog.node, "destination": backlog.destination, "message": message}
    with scope(client=backlog.client), change(by=by) as act:
        row = give_order(act, backlog.client, backlog.node, kind, message or ALL_OF_A_DESTINATION, body)
        act.record(f"queue.{kind.value}-ordered", row, client_id=backlog.client_id, after=told)
        return row


def send_around(backlog: ToldBacklog, next_hop: NextHop | None, hours: float = 0.0, *, by: Actor) -> NodeOrder:
    """Have its node hand this client's outbound mail for that destination to a next hop for so long; None: by MX again.

    What waits is tried at once. Raises `Impossible` for too long a time, and for the client's own domains, whose routes
    are its own.
    """
    way = Way(backlog.client, backlog.destination, next_hop, hours)
    with scope(client=backlog.client), change(by=by) as act:
        [row] = order_at(act, way, [backlog.node])
        return row


def orders_to(backlog: ToldBacklog) -> list[NodeOrder]:
    """The last ones to queues of this client on this node, the newest first."""
    with scope(client=backlog.client):
        rows = NodeOrder.objects.filter(node=backlog.node, kind__in=(*KINDS, OrderKind.DETOUR)).order_by(
            "-ordered_at", "-id"
        )
        return list(rows[:ORDERS_SHOWN])
