"""Domains of a contract: named by the client, granted or refused by the provider (3-3, 3-7).

While the contract is in force `permits.py` tells what was decided: refused, or not decided yet, a domain is not taken into service.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import Approval, Contract, NamedDomain
from ecluse.control.contracts.moves import note_change
from ecluse.control.contracts.permits import tell_domain
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.contracts.states import IN_FORCE, OVER, ContractState, OutOfTurn
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import Route

MAX_REASON = 300
_NEVER_AGAIN = (*OVER, ContractState.WITHDRAWN)


def claim_domain(client: Client, name: str, routes: Iterable[Route], *, by: Actor) -> Domain:
    """See `tenants.services.claim_domain`; where a contract is in force that names the domain to the provider, too (3-3)."""
    with change(by=by):
        made = tenants.claim_domain(client, name, routes, by=by)
        _ask_for(name, by)
        return made


def prove_domain(domain: Domain, *, by: Actor) -> bool:
    """See `tenants.services.prove_domain`; one that the contract in force has never named is named with that."""
    with change(by=by):
        _ask_for(domain.name, by)
        return tenants.prove_domain(domain, by=by)


def name_domain(contract: Contract, name: str, *, by: Actor) -> NamedDomain:
    """One more, during the contract. Raises `Impossible` where it is named already, or the contract is not in force."""
    if contract.state not in IN_FORCE:
        raise OutOfTurn("the contract is not in force")
    with change(by=by) as act:
        row, is_new = NamedDomain.objects.get_or_create(client_id=contract.client_id, contract=contract, name=name)
        if not is_new:
            raise Impossible(f"{name} is named already")
        note_change(act, contract, "domain-named", name)
        tell_domain(act, row)
        return row


def grant(domain: NamedDomain, *, by: Actor) -> None:
    """It may be served; one that was refused before, too. Raises `OutOfTurn` where it is granted already."""
    _decide(domain, Approval.GRANTED, "", by)


def refuse(domain: NamedDomain, reason: str, *, by: Actor) -> None:
    """It is not, for this reason, which the client reads; if it is served, no longer (3-7). Raises `Impossible` without one.

    Once granted it stays so: raises `OutOfTurn`.
    """
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise Impossible("who refuses a domain says why")
    _decide(domain, Approval.REFUSED, reason, by)


def _decide(domain: NamedDomain, approval: Approval, reason: str, by: Actor) -> None:
    with change(by=by) as act:
        rows = NamedDomain.objects.filter(pk=domain.pk, approval__in=(Approval.ASKED, Approval.REFUSED))
        if not rows.exclude(contract__state__in=_NEVER_AGAIN).update(approval=approval, reason=reason):
            raise OutOfTurn("it has been decided already")
        domain.refresh_from_db()
        note_change(act, domain.contract, f"domain-{approval}", f"{domain.name} {reason}".strip())
        tell_domain(act, domain)


def _ask_for(name: str, by: Actor) -> None:
    """In the client's scope; nothing where nobody decides, or it was named before."""
    contract = contract_in_force()
    if contract is not None and not contract.domains.filter(name=name).exists():
        name_domain(contract, name, by=by)
