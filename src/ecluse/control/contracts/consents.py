"""What either side allows the other beside the contract's price: to be cited (7-2), to share domains with others (13-2)."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.moves import note_change


def allow_citing(contract: Contract, *, allows: bool, by: Actor) -> None:
    """The client: whether its provider may name it as a reference; nothing where it is so already."""
    _set(contract, "may_be_cited", "citing", allows, by)


def allow_sharing(contract: Contract, *, allows: bool, by: Actor) -> None:
    """The provider: whether others may use the client's domains and addresses; nothing where it is so already."""
    _set(contract, "may_share", "sharing", allows, by)


def _set(contract: Contract, field: str, what: str, allows: bool, by: Actor) -> None:  # noqa: FBT001 - two callers, above.
    with change(by=by) as act:
        if Contract.objects.filter(pk=contract.pk, **{field: not allows}).update(**{field: allows}):
            contract.refresh_from_db()
            note_change(act, contract, f"{what}-{'allowed' if allows else 'refused'}")
