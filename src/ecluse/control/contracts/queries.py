"""Reading contracts: a client's in its scope, all of them for the provider's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet
from django_scopes import scopes_disabled

from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.models import Amendment, Approval, Contract
from ecluse.control.contracts.quotas import free_users, support_requests
from ecluse.control.contracts.states import IN_FORCE, ContractState
from ecluse.control.contracts.terms import notice_deadline
from ecluse.control.contracts.users import counted_users
from ecluse.control.tenants import queries as tenants

__all__ = ["Amendment", "Approval", "Contract"]

Out = TypeVar("Out")

# What a client does not see yet, or never saw.
_UNSEEN = (ContractState.DRAFTED,)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a contract gives, and how much of it is used."""

    users: int
    ordered: int
    free: int  # More that are served for nothing (3-4).
    support: int  # Requests a month (5-2).
    notice_until: datetime | None  # 3-16.

    @property
    def excess(self) -> int:
        """Users beyond those: an amendment is due."""
        return max(0, self.users - self.ordered - self.free)


def contracts() -> QuerySet[Contract]:
    """Of the scope's client, the newest first."""
    return Contract.objects.select_related("client", "terms", "price_list")


def shown_to_client() -> QuerySet[Contract]:
    """The same without drafts, and what was withdrawn before it was ever sent."""
    return contracts().exclude(state__in=_UNSEEN).exclude(state=ContractState.WITHDRAWN, terms=None)


def contract_shown_to_client(pk: int) -> Contract | None:
    """One of those."""
    return shown_to_client().filter(pk=pk).first()


def find_contract(pk: int) -> Contract | None:
    """Of the scope's client."""
    return contracts().filter(pk=pk).first()


def contract_in_force() -> Contract | None:
    """Of the scope's client."""
    return contracts().filter(state__in=IN_FORCE).first()


def addresses_in_force() -> dict[str, int]:
    """Name of a client -> how many addresses it has subscribed; for jobs over all clients, outside any scope."""
    return dict(contracts().filter(state__in=IN_FORCE).values_list("client__name", "addresses"))


def contracts_of_all(*, state: str = "", search: str = "") -> list[Contract]:
    """For the provider; what was made last first."""
    return read_all(list, state=state, search=search)


def read_all(read: Callable[[QuerySet[Contract]], Out], *, state: str = "", search: str = "") -> Out:
    """What `read` makes of contracts of all clients, for the provider; what it leaves unread is read of none."""
    with scopes_disabled():  # The provider's own list.
        rows = contracts()
        if state:
            rows = rows.filter(state=state)
        if search:
            rows = rows.filter(client__name__icontains=search)
        return read(rows)


def entitlement(contract: Contract) -> Entitlement:
    """Of a contract of the scope's client."""
    first = contract.first_addresses
    period = contract.period
    return Entitlement(
        users=counted_users(),
        ordered=contract.addresses,
        free=free_users(first),
        support=support_requests(first),
        notice_until=notice_deadline(period, contract.zone) if period and contract.state in IN_FORCE else None,
    )


def not_granted(contract: Contract) -> list[str]:
    """Domains that are served since before a contract in force, and that it has not granted (3-3, 3-7). In its client's scope."""
    if contract.state not in IN_FORCE:
        return []
    granted = contract.domains.filter(approval=Approval.GRANTED).values("name")
    served = tenants.domains().filter(proven_at__isnull=False).exclude(name__in=granted)
    return list(served.order_by("name").values_list("name", flat=True))


def find_amendment(contract: Contract, pk: int) -> Amendment | None:
    """One of this contract's."""
    return _amendments(contract).filter(pk=pk).first()


def amendment_shown_to_client(contract: Contract, pk: int) -> Amendment | None:
    """The same without drafts, and what was withdrawn before it was ever sent."""
    return amendments_shown_to_client(contract).filter(pk=pk).first()


def amendments_shown_to_client(contract: Contract) -> QuerySet[Amendment]:
    """Of a contract that it sees."""
    sent = _amendments(contract).exclude(state=AmendmentState.DRAFTED)
    return sent.exclude(state=AmendmentState.WITHDRAWN, valid_until=None)


def _amendments(contract: Contract) -> QuerySet[Amendment]:
    return contract.amendments.select_related("contract__terms", "contract__client")
