"""What is done about nodes, and not about their queues: one that comes back no more, and orders to those that are away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation.nodes import find_node
from ecluse.control.operation.nodes import forget_node as forget
from ecluse.control.operation.waiting_orders import NodeOrder, waiting_orders
from ecluse.domain.order import OrderKind
from ecluse.web.api.callers import Call
from ecluse.web.api.nodes import Host
from ecluse.web.api.operations import operation
from ecluse.web.pages import or_404

router = Router(tags=["Nodes and queues"])


class WaitingOrderOut(BaseModel):
    """An order that is carried out when its node is back."""

    id: str
    node: str
    kind: OrderKind
    client_id: int | None = Field(description="null: of all clients.")
    client: str
    target: str = Field(description="What it is about: the id of a message, most often; `*`: all that waits there.")
    by: str
    ordered_at: datetime
    until: datetime = Field(description="It fails then, and can be given again.")


class WaitingOrdersOut(BaseModel):
    """The oldest, 500 at most."""

    items: list[WaitingOrderOut]
    total: int = Field(description="How many there are.")


class OrdersAsked(BaseModel):
    """Of which node."""

    node: Host = ""


@operation(router, "DELETE", "nodes/{node}", Permission.RUN_NODES, status=204, is_of_client=False)
def forget_node(call: Call, node: Annotated[str, Field(max_length=253, pattern=r"^[^\x00-\x1f\x7f]*$")]) -> None:
    """Forget one that was taken out of service, with all that it told; 409 where it reports. It is back as soon as it reports again."""
    forget(or_404(find_node(node, timezone.now())), by=call.by)


@operation(router, "GET", "orders", Permission.SEE_NODES, is_of_client=False)
def list_waiting_orders(_call: Call, asked: Query[OrdersAsked]) -> WaitingOrdersOut:
    """What nodes that are away have still to do, of all clients: the oldest first."""
    rows, total = waiting_orders(timezone.now(), asked.node)
    return WaitingOrdersOut(items=[_order(each) for each in rows], total=total)


def _order(row: NodeOrder) -> WaitingOrderOut:
    return WaitingOrderOut(
        id=row.pk,
        node=row.node,
        kind=OrderKind(row.kind),
        client_id=row.client_id,
        client="" if row.client is None else row.client.name,
        target=row.target,
        by=row.actor,
        ordered_at=datetime.fromtimestamp(row.ordered_at, UTC),
        until=datetime.fromtimestamp(row.expires, UTC),
    )
