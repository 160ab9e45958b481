"""What a contract in force says of its client's domains, told to the gateway: which of them may be served (3-3, 3-7)."""

from __future__ import annotations

from ecluse.control.audit.change import Change
from ecluse.control.contracts.models import Contract, NamedDomain
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.tenants import queries as tenants
from ecluse.control.tenants import serving
from ecluse.control.tenants.serving import Said, Verdict


def begin_permits(act: Change, contract: Contract) -> None:
    """With its first day. What is served already, and stands on no form, goes on until the provider has decided upon it."""
    unnamed = tenants.proven_domains().exclude(name__in=contract.domains.values("name"))
    NamedDomain.objects.bulk_create(
        NamedDomain(client_id=contract.client_id, contract=contract, name=each.name) for each in unnamed
    )
    said = {each.name: _said(each) for each in contract.domains.all()}
    serving.require(act, contract.client, said)


def end_permits(contract: Contract) -> None:
    """With its end: whether, and for what, the client is served is said by hand from then on."""
    serving.lift(contract.client)


def tell_domain(act: Change, domain: NamedDomain) -> None:
    """What was decided, or asked, during the contract; before it is in force nobody is told."""
    if domain.contract.state in IN_FORCE:
        serving.tell(act, domain.contract.client, domain.name, _said(domain))


def _said(domain: NamedDomain) -> Said:
    return Said(Verdict(domain.approval), domain.reason)
