"""Orders to nodes that are away: they are carried out when the node is back, or fail when their time is over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django_scopes import scopes_disabled

from ecluse.control.mail.orders import NodeOrder
from ecluse.control.operation.models import ToldReport
from ecluse.control.operation.nodes import AWAY_AFTER_S, open_orders

__all__ = ["NodeOrder"]

MOST = 500


def waiting_orders(now: datetime, node: str = "") -> tuple[list[NodeOrder], int]:
    """The oldest of all clients', or those to one node; and how many there are. For the provider."""
    with scopes_disabled():  # He runs the nodes of all clients.
        rows = open_orders(now).exclude(node__in=_well(now))
        rows = rows.filter(node=node) if node else rows
        return list(rows.select_related("client")[:MOST]), rows.count()


def _well(now: datetime) -> Collection[str]:
    """Those that report; a node that was never heard of is away, too."""
    heard = ToldReport.objects.filter(heard_at__gte=now - timedelta(seconds=AWAY_AFTER_S))
    return set(heard.values_list("node", flat=True))
