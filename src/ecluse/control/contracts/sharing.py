"""Signs that others benefit from a client's service by its domains or addresses (13-2). None of them proves anything: a person looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django_scopes import scopes_disabled

from ecluse.control.contracts.models import Contract, NamedDomain
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.tenants import queries as tenants
from ecluse.control.tenants.models import Address, Domain, Recipients

_ALIASES_A_USER = 5  # More are many.


class SignKind(StrEnum):
    """What was found."""

    ANY_ADDRESS = "any-address"  # Every local part exists: who uses them nobody counts.
    MANY_ALIASES = "many-aliases"
    CLAIMED = "claimed"  # Another client claims the same domain.
    NAMED = "named"  # It stands on another client's contract in force.


@dataclass(frozen=True, slots=True)
class Sign:
    """One of them."""

    kind: SignKind
    what: str  # The domain; of aliases how many there are.


def sharing_signs(contract: Contract) -> list[Sign]:
    """Of the scope's client, for the provider; none where the provider has allowed it."""
    if contract.may_share:
        return []
    names = set(tenants.domains().values_list("name", flat=True)) | set(contract.domains.values_list("name", flat=True))
    return [*_any_address(), *_aliases(), *_others(contract, names)]


def _any_address() -> list[Sign]:
    catching = tenants.domains().filter(recipients=Recipients.ANY)
    return [Sign(SignKind.ANY_ADDRESS, each.name) for each in catching]


def _aliases() -> list[Sign]:
    users = tenants.counts().users
    aliases = Address.objects.filter(is_alias=True).count()
    return [Sign(SignKind.MANY_ALIASES, str(aliases))] if aliases > _ALIASES_A_USER * max(1, users) else []


def _others(contract: Contract, names: set[str]) -> list[Sign]:
    with scopes_disabled():  # Of others nothing but that they name the same domain, and to the provider alone.
        claimed = Domain.objects.filter(name__in=names).exclude(client_id=contract.client_id)
        named = NamedDomain.objects.filter(name__in=names, contract__state__in=IN_FORCE)
        return [
            *(Sign(SignKind.CLAIMED, name) for name in sorted(set(claimed.values_list("name", flat=True)))),
            *(
                Sign(SignKind.NAMED, name)
                for name in sorted(set(named.exclude(client_id=contract.client_id).values_list("name", flat=True)))
            ),
        ]
