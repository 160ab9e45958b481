"""A client is suspended at once, whatever it has: for abuse (3-9), or for what does harm (16-2)."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.contracts.life import suspend
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.states import OutOfTurn
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.services import set_state
from ecluse.domain.policy import ServiceState


def suspend_at_once(client: Client, reason: str, *, by: Actor) -> bool:
    """In the client's scope; whether that is new. A contract in force is suspended, else what is served without one."""
    client.refresh_from_db()
    if client.state != ServiceState.ACTIVE:
        return False
    contract = contract_in_force()
    if contract is None:
        set_state(client, ServiceState.SUSPENDED, by=by)
        return True
    try:
        suspend(contract, reason, by=by)
    except OutOfTurn:  # Somebody was faster.
        return False
    return True
