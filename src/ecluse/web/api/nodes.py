"""The provider's nodes and what waits on them, for keys of the provider's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation import queues
from ecluse.control.operation.nodes import SeenNode, nodes
from ecluse.control.operation.queues import ToldBacklog
from ecluse.domain.backlog import WaitingMessage
from ecluse.domain.order import OrderKind
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.texts import Search
from ecluse.web.pages import or_404

router = Router(tags=["Nodes and queues"])
MOST = 200

Host = Annotated[str, Field(max_length=253, pattern=r"^[^\x00-\x1f\x7f]*$", description="A node; empty: all of them.")]


class NodeOut(BaseModel):
    """One node, as it has reported itself."""

    name: str
    heard_at: datetime
    troubles: list[str] = Field(description="Words such as `away` and `no-room`, the worst first; none: it is well.")
    release: str
    free_bytes: int
    clock_off_s: float = Field(description="How far its clock is ahead of the database's.")
    pending_orders: int
    figures: dict[str, float] = Field(description="Of its /metrics.")


class NodesOut(BaseModel):
    """All nodes that have ever reported."""

    items: list[NodeOut]


class WaitingOut(BaseModel):
    """One message that waits."""

    id: str
    sender: str
    recipients: list[str] = Field(description="The first few.")
    size: int
    queued_at: datetime
    attempts: int
    is_held: bool
    reason: str


class BacklogOut(BaseModel):
    """What waits on a node for one destination of a client."""

    id: int
    node: str
    client_id: int
    destination: str
    total: int
    held: int
    octets: int
    oldest: datetime
    next_attempt: datetime | None = Field(description="null: all are held back.")
    out_of_reach_since: datetime | None
    reason: str


class BacklogOfMessages(BaseModel):
    """A backlog, and the messages that its node names."""

    backlog: BacklogOut
    messages: list[WaitingOut] = Field(description="The oldest.")


class BacklogsOut(BaseModel):
    """The largest first, 200 at most."""

    items: list[BacklogOut]


class BacklogsAsked(BaseModel):
    """Which backlogs."""

    node: Host = ""
    q: Search = ""


class QueueOrderIn(BaseModel):
    """An order to a queue."""

    model_config = ConfigDict(extra="forbid")
    act: Literal["retry", "hold", "resume", "give-back"]
    message: Annotated[str, Field(max_length=64, description="One of the messages it names; empty: all.")] = ""


class OrderOut(BaseModel):
    """An order that its node has not answered yet."""

    id: str
    node: str


@operation(router, "GET", "nodes", Permission.SEE_NODES, is_of_client=False)
def list_nodes(_call: Call) -> NodesOut:
    """How the nodes are."""
    return NodesOut(items=[_node(each) for each in nodes(timezone.now())])


@operation(router, "GET", "queues", Permission.SEE_NODES, is_of_client=False)
def list_backlogs(_call: Call, asked: Query[BacklogsAsked]) -> BacklogsOut:
    """What waits on the nodes, by client and destination."""
    return BacklogsOut(items=[_backlog(each) for each in queues.backlogs(node=asked.node, search=asked.q, most=MOST)])


@operation(router, "GET", "queues/{int:backlog_id}", Permission.SEE_NODES, is_of_client=False)
def show_backlog(_call: Call, backlog_id: int) -> BacklogOfMessages:
    """One of them, and its oldest messages."""
    row = or_404(queues.find_backlog(backlog_id))
    return BacklogOfMessages(backlog=_backlog(row), messages=[_waiting(each) for each in row.waiting])


@operation(router, "POST", "queues/{int:backlog_id}/orders", Permission.RUN_NODES, status=202, is_of_client=False)
def order_backlog(call: Call, backlog_id: int, body: QueueOrderIn) -> OrderOut:
    """Retry, hold, let go or give back one of its messages, or all that wait there when the node gets the order."""
    row = or_404(queues.find_backlog(backlog_id))
    order = queues.order(row, OrderKind(body.act), message=body.message, by=call.by)
    return OrderOut(id=order.pk, node=order.node)


def _node(seen: SeenNode) -> NodeOut:
    report = seen.report
    return NodeOut(
        name=seen.name,
        heard_at=seen.heard_at,
        troubles=[each.value for each in seen.troubles],
        release="" if report is None else report.release,
        free_bytes=0 if report is None else report.free_bytes,
        clock_off_s=seen.clock_off_s,
        pending_orders=seen.orders,
        figures={} if report is None else dict(report.figures),
    )


def _backlog(row: ToldBacklog) -> BacklogOut:
    return BacklogOut(
        id=row.pk,
        node=row.node,
        client_id=row.client_id,
        destination=row.destination,
        total=row.total,
        held=row.held,
        octets=row.octets,
        oldest=row.oldest_when,
        next_attempt=row.next_when,
        out_of_reach_since=row.outage_when,
        reason=row.reason,
    )


def _waiting(each: WaitingMessage) -> WaitingOut:
    return WaitingOut(
        id=each.id,
        sender=each.sender,
        recipients=list(each.recipients),
        size=each.size,
        queued_at=datetime.fromtimestamp(each.queued_at, UTC),
        attempts=each.attempts,
        is_held=each.is_held,
        reason=each.reason,
    )
