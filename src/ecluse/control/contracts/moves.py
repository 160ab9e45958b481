"""One step of a contract: claimed, written into its history and the trail, and told to the gateway."""

from __future__ import annotations

from ecluse.control.audit.change import Change
from ecluse.control.contracts.access import revoke_access
from ecluse.control.contracts.models import Contract, Move
from ecluse.control.contracts.permits import begin_permits, end_permits
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.states import OVER, SERVED, ContractState, OutOfTurn, Step, after
from ecluse.control.tenants.services import serve

MAX_NOTE = 500


def move(act: Change, contract: Contract, step: Step, note: str = "", **values: object) -> None:
    """Take the step, and set these fields with it. Of two at once the second raises `OutOfTurn`."""
    before = ContractState(contract.state)
    state = after(before, step)
    if not Contract.objects.filter(pk=contract.pk, state=before).update(state=state, **values):
        raise OutOfTurn("somebody was faster")
    contract.refresh_from_db()
    write(act, contract, step.value, note)
    _record(act, contract, step.value, {"state": before}, {"state": state} | values)
    if state in SERVED:
        tell_gateway(act, contract)
    if step is Step.START:
        begin_permits(act, contract)
    if state in OVER:
        end_permits(contract)
        revoke_access(act, contract)


def write(act: Change, contract: Contract, what: str, note: str = "") -> None:
    """A line of the history."""
    Move.objects.create(
        client_id=contract.client_id, contract=contract, at=act.at, by=str(act.by), what=what, note=note[:MAX_NOTE]
    )


def note_change(act: Change, contract: Contract, what: str, note: str = "", **after_it: object) -> None:
    """What happened, and moved nothing."""
    write(act, contract, what, note)
    _record(act, contract, what, None, after_it)


def tell_gateway(act: Change, contract: Contract) -> None:
    """The contract says whether, and for what, its client is served (2-5, 3-18)."""
    bundle, state = Bundle(contract.bundle), SERVED[ContractState(contract.state)]
    serve(contract.client, state, inbound=bundle.has_inbound, outbound=bundle.has_outbound, by=act.by)


def _record(
    act: Change, contract: Contract, what: str, before: dict[str, object] | None, said: dict[str, object]
) -> None:
    after_it = {name: str(value) for name, value in said.items()}
    act.record(f"contract.{what}", contract, client_id=contract.client_id, before=before, after=after_it)
