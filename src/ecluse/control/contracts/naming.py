"""Domains of a contract: named by the client, granted or refused by the provider (3-3, 3-7)."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import Approval, Contract, NamedDomain
from ecluse.control.contracts.moves import note_change
from ecluse.control.contracts.states import IN_FORCE, OutOfTurn
from ecluse.domain.errors import Impossible

MAX_REASON = 300


def name_domain(contract: Contract, name: str, *, by: Actor) -> NamedDomain:
    """One more, during the contract. Raises `Impossible` where it is named already, or the contract is not in force."""
    if contract.state not in IN_FORCE:
        raise OutOfTurn("the contract is not in force")
    with change(by=by) as act:
        row, is_new = NamedDomain.objects.get_or_create(client_id=contract.client_id, contract=contract, name=name)
        if not is_new:
            raise Impossible(f"{name} is named already")
        note_change(act, contract, "domain-named", name)
        return row


def grant(domain: NamedDomain, *, by: Actor) -> None:
    """It may be served."""
    _decide(domain, Approval.GRANTED, "", by)


def refuse(domain: NamedDomain, reason: str, *, by: Actor) -> None:
    """It is not, for this reason, which the client reads (3-7). Raises `Impossible` without one."""
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise Impossible("who refuses a domain says why")
    _decide(domain, Approval.REFUSED, reason, by)


def _decide(domain: NamedDomain, approval: Approval, reason: str, by: Actor) -> None:
    with change(by=by) as act:
        rows = NamedDomain.objects.filter(pk=domain.pk, approval=Approval.ASKED)
        if not rows.update(approval=approval, reason=reason):
            raise OutOfTurn("it has been decided already")
        domain.refresh_from_db()
        note_change(act, domain.contract, f"domain-{approval}", f"{domain.name} {reason}".strip())
