"""A contract is suspended by a job, for abuse (3-9)."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.contracts.life import suspend
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.states import OutOfTurn
from ecluse.domain.policy import ServiceState


def suspend_at_once(reason: str, *, by: Actor) -> bool:
    """The contract in force of the scope's client; whether that is new. Who has no contract, as the provider's own probes, has agreed to no 3-9."""
    contract = contract_in_force()
    if contract is None or contract.client.state != ServiceState.ACTIVE:
        return False
    try:
        suspend(contract, reason, by=by)
    except OutOfTurn:  # Somebody was faster.
        return False
    return True
