"""Other ways for outbound mail than MX, for keys of the provider's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.orders import OrderState
from ecluse.control.operation import detours
from ecluse.control.operation.detours import NodeOrder, Standing, Way
from ecluse.control.programs.queries import clients_for
from ecluse.domain.detour import MOST_HOURS
from ecluse.web.api.callers import Call
from ecluse.web.api.nodes import Host
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid
from ecluse.wire.notations import DomainName, NextHop

router = Router(tags=["Nodes and queues"])


class DetourOut(BaseModel):
    """One that is in force at a node, as it was reported last: within ten seconds."""

    node: str
    client: str = Field(description="The client's name; empty: every one.")
    domain: str = Field(description="Of the recipients; empty: every one.")
    next_hop: str
    until: datetime
    by: str


class DetourOrderOut(BaseModel):
    """What was ordered of a node."""

    id: str
    node: str
    client_id: int | None = Field(description="null: mail of all clients.")
    ordered_at: datetime
    state: OrderState
    text: str = Field(description="What came of it.")


class DetoursOut(BaseModel):
    """All that are in force, and the last fifty orders, the newest first."""

    items: list[DetourOut]
    orders: list[DetourOrderOut]


class DetourOrdersOut(BaseModel):
    """One order for each node that was meant."""

    orders: list[DetourOrderOut]


class Whose(BaseModel):
    """Which mail is meant: of a client, for a domain, or both."""

    model_config = ConfigDict(extra="forbid")
    client_id: Annotated[int | None, Field(description="null: mail of all clients.")] = None
    domain: Annotated[str, Field(max_length=253, description="Of the recipients; empty: of all domains.")] = ""
    node: Host = ""


class DetourIn(Whose):
    """Where it goes, and how long."""

    next_hop: Annotated[str, Field(max_length=300, description="smtp://host:port; whoever orders it vouches for it.")]
    hours: Annotated[float, Field(gt=0, le=MOST_HOURS)] = 24.0


@operation(router, "GET", "detours", Permission.SEE_NODES, is_of_client=False)
def list_detours(_call: Call) -> DetoursOut:
    """Which outbound mail takes another way than MX, at which node."""
    items = [_standing(each) for each in detours.standing_detours(timezone.now())]
    return DetoursOut(items=items, orders=_orders(detours.orders_about_ways()))


@operation(router, "POST", "detours", Permission.RUN_NODES, status=202, is_of_client=False)
def set_detour(call: Call, body: DetourIn) -> DetourOrdersOut:
    """Send outbound mail around: of all clients for a domain, or of one client; at all nodes, or at one. What waits is tried at once."""
    try:
        next_hop = NextHop(body.next_hop)
    except ValueError as problem:
        raise invalid("body.next_hop", str(problem)) from None
    return _ordered(call, body, next_hop, body.hours)


@operation(router, "POST", "detours/end", Permission.RUN_NODES, status=202, is_of_client=False)
def end_detour(call: Call, body: Whose) -> DetourOrdersOut:
    """Let that mail go by MX again, at all nodes or at one."""
    return _ordered(call, body, None, 0.0)


def _ordered(call: Call, body: Whose, next_hop: NextHop | None, hours: float) -> DetourOrdersOut:
    client = None if body.client_id is None else clients_for(call.key).filter(pk=body.client_id).first()
    if client is None and body.client_id is not None:
        raise invalid("body.client_id", "no such client")
    if client is None and not body.domain:
        raise invalid("body.domain", "a client, a domain, or both")
    try:
        domain = str(DomainName(body.domain)) if body.domain else ""
    except ValueError as problem:
        raise invalid("body.domain", str(problem)) from None
    way = Way(client, domain, next_hop, hours)
    return DetourOrdersOut(orders=_orders(detours.order_way(way, timezone.now(), body.node, by=call.by)))


def _standing(each: Standing) -> DetourOut:
    detour = each.detour
    return DetourOut(
        node=each.node,
        client=detour.client,
        domain=detour.destination,
        next_hop=str(detour.route),
        until=each.until,
        by=detour.by,
    )


def _orders(rows: Iterable[NodeOrder]) -> list[DetourOrderOut]:
    return [
        DetourOrderOut(
            id=row.pk,
            node=row.node,
            client_id=row.client_id,
            ordered_at=datetime.fromtimestamp(row.ordered_at, UTC),
            state=detours.state_of(row),
            text=row.text,
        )
        for row in rows
    ]
