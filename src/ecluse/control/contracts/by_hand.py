"""Whether a client without a contract is served is said by hand; with one, the contract says it."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.service_letters import address_change
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.services import serve, set_state
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import ServiceState


class UnderContract(Impossible):
    """The client has a contract in force: suspend, resume or end that."""


def set_state_by_hand(client: Client, state: ServiceState, *, by: Actor, reason: str = "") -> None:
    """See `tenants.services.set_state`. Who is suspended, or ended, is written to, with the reason. Raises `UnderContract`."""
    _demand_no_contract()
    before = ServiceState(client.state)
    with change(by=by) as act:
        set_state(client, state, by=by)
        address_change(act, client, before, reason=reason)


def set_services_by_hand(client: Client, *, inbound: bool, outbound: bool, by: Actor) -> None:
    """Which of the two services the client has. Raises `UnderContract`."""
    _demand_no_contract()
    serve(client, ServiceState(client.state), inbound=inbound, outbound=outbound, by=by)


def _demand_no_contract() -> None:
    found = contract_in_force()
    if found is not None:
        raise UnderContract(f"contract {found.reference} says whether the client is served")
