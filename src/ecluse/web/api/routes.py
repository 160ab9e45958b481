"""Whether a domain's next hops answer, as the nodes have heard it."""

from __future__ import annotations

from datetime import UTC, datetime

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation.route_trials import try_routes as order_trial
from ecluse.control.tenants import queries
from ecluse.control.tenants.queries import ToldRoute
from ecluse.domain.route_health import RouteState
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import TOO_OFTEN, Problem
from ecluse.web.console.domains import TRIALS
from ecluse.web.pages import or_404

router = Router(tags=["Domains"])


class RouteStateOut(BaseModel):
    """One next hop at one node."""

    host: str
    port: int
    node: str
    state: RouteState = Field(description="turns-away: it is up, and takes no mail.")
    since: datetime
    said: str = Field(description="Its last words; empty where it takes mail.")


class RouteStatesOut(BaseModel):
    """All that the nodes have told; a next hop of which nobody has told yet is missing."""

    items: list[RouteStateOut]


class TrialOut(BaseModel):
    """How many nodes speak with the next hops now; what they hear stands in their states some seconds later."""

    ordered: int = Field(description="0: no node has reported yet.")


@operation(router, "GET", "/domains/{int:domain_id}/route-states", Permission.SEE_CLIENT)
def list_route_states(call: Call, domain_id: int) -> RouteStatesOut:  # noqa: ARG001 - every view is called alike
    """What each node has heard of each next hop, last."""
    told = queries.told_routes(or_404(queries.find_domain(domain_id)))
    return RouteStatesOut(items=[_state(each) for rows in told.values() for each in rows])


@operation(router, "POST", "/domains/{int:domain_id}/route-states", Permission.CHANGE_DOMAINS)
def try_routes(call: Call, domain_id: int) -> TrialOut:
    """Have the nodes speak with its next hops now."""
    found = or_404(queries.find_domain(domain_id))
    if TRIALS.is_reached(str(call.client.pk)):
        raise Problem(TOO_OFTEN, wait_s=TRIALS.within_s)
    return TrialOut(ordered=order_trial(found, by=call.by))


def _state(row: ToldRoute) -> RouteStateOut:
    since = datetime.fromtimestamp(row.since, UTC)
    return RouteStateOut(
        host=row.host, port=row.port, node=row.node, state=RouteState(row.state), since=since, said=row.said
    )
