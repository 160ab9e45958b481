"""Orders to nodes: given within a change, waiting until the node answers or the time is over."""

from __future__ import annotations

import time
from enum import StrEnum

import msgspec
from django.db import transaction

from ecluse.control.audit.change import Change
from ecluse.control.mail.models import CopyState, HeldCopy, NodeOrder
from ecluse.control.tenants.models import Client
from ecluse.domain.ids import is_id, new_id
from ecluse.domain.order import OrderKind, Outcome

__all__ = ["NodeOrder"]

LIVES_S = 7 * 86_400.0  # A node may be away for days: what was ordered is done when it comes back.
ANSWERED_WITHIN_S = 3_600.0  # A node that has begun an order carries it out, expired or not.
KEPT_S = 30 * 86_400.0

_encode = msgspec.msgpack.Encoder().encode


class OrderState(StrEnum):
    """How an order stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # Not begun in time; soon it fails.


def give_order(
    act: Change,
    client: Client | None,
    node: str,
    kind: OrderKind,
    target: str,
    body: object = None,
    *,
    lives_s: float = LIVES_S,
) -> NodeOrder:
    """One order, as a part of a change: whoever makes it answers for it. The caller records the act itself."""
    now = time.time()
    return NodeOrder.objects.create(
        id=new_id(),
        client=client,
        node=node,
        kind=kind,
        target=target,
        body=None if body is None else _encode(body),
        actor=str(act.by),
        ordered_at=now,
        expires=now + lives_s,
    )


def state_of(order: NodeOrder, now: float | None = None) -> OrderState:
    """Pending while its node is away; expired once it will not be begun any more."""
    if order.answered_at is not None:
        return OrderState(order.outcome)
    return OrderState.EXPIRED if order.expires <= (time.time() if now is None else now) else OrderState.PENDING


def find_order(order_id: str) -> NodeOrder | None:
    """One order of the open scope."""
    return NodeOrder.objects.filter(pk=order_id).first() if is_id(order_id) else None


@transaction.atomic
def end_expired(now: float) -> int:
    """Fail what no node has begun in its time, as a node would: its copies stay held, and its key is erased; how many.

    For a job that looks over all clients.
    """
    expired = NodeOrder.objects.filter(answered_at=None, expires__lt=now - ANSWERED_WITHIN_S)
    ids = list(expired.select_for_update().values_list("pk", flat=True))
    under_way = HeldCopy.objects.filter(order__in=ids, state__in=(CopyState.RELEASING, CopyState.DELETING))
    under_way.update(state=CopyState.HELD, ended_at=None)
    text = "expired: its node was away all the time"
    return NodeOrder.objects.filter(pk__in=ids).update(answered_at=now, outcome=Outcome.FAILED, text=text, body=None)


def purge_orders(now: float) -> int:
    """Delete what was answered a month ago; how many. For a job that looks over all clients."""
    deleted, _ = NodeOrder.objects.filter(answered_at__lt=now - KEPT_S).delete()
    return deleted
