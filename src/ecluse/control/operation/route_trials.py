"""Having the nodes speak with the next hops of a domain now."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.orders import give_order
from ecluse.control.operation.models import ToldReport
from ecluse.control.tenants.models import Domain
from ecluse.domain.order import OrderKind, TryOrder

LIVES_S = 300.0  # A node that is away longer finds out by its mail.
MAX_TARGET = 64


def try_routes(domain: Domain, *, by: Actor) -> int:
    """Order it of every node that has reported; how many. What they hear stands in `queries.told_routes` a little later."""
    nodes = list(ToldReport.objects.values_list("node", flat=True))
    with change(by=by) as act:
        for node in nodes:
            target, body = domain.name[:MAX_TARGET], TryOrder(domain.name)
            give_order(act, domain.client, node, OrderKind.TRY_ROUTES, target, body, lives_s=LIVES_S)
        act.record("domain.routes-tried", domain, client_id=domain.client_id, after={"nodes": len(nodes)})
    return len(nodes)
