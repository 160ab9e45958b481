"""Amendments of a contract, as the provider's own programs write and sign them (17-1). The client's yes is a person's, at the console."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import amendments, queries
from ecluse.control.contracts.amendments import Wish
from ecluse.control.contracts.offers import MAX_DOMAINS
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import Ordered
from ecluse.control.contracts.queries import Amendment, Contract
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.contract_acts import Addresses, AgreedIn, Options, WithdrawIn, known_options
from ecluse.web.api.contracts import AmendmentOut, amendment_out, router  # One address, one router.
from ecluse.web.api.operations import operation
from ecluse.web.pages import or_404

__all__ = ["router"]

_PATH = "/contracts/{int:contract_id}/amendments"


class AmendmentIn(BaseModel):
    """What the contract shall be, all of it."""

    model_config = ConfigDict(extra="forbid")
    services: Bundle
    addresses: Addresses = Field(description="In all: as many as now, or more.")
    options: Options = []
    more_domains: list[texts.Domain] = Field(default=[], max_length=MAX_DOMAINS)
    agreed: AgreedIn | None = Field(
        default=None, description="More for each whole month left; null: by the price list of the contract."
    )

    def wish(self, contract: Contract) -> Wish:
        """The same for services. Raises `Problem`."""
        options = known_options(self.options, amendments.options_for(contract))
        return Wish(Ordered(self.services, self.addresses, options), tuple(self.more_domains))


@operation(router, "POST", _PATH, Permission.CHANGE_CONTRACTS, status=201)
def draft_amendment(call: Call, contract_id: int, body: AmendmentIn) -> AmendmentOut:
    """Draft one of a contract in force: nobody sees it but the provider.

    409 where the contract is not in force, another amendment waits, nothing is changed, or a price must be agreed upon.
    """
    contract = _contract(contract_id)
    agreed = body.agreed.price() if body.agreed else None
    return amendment_out(amendments.draft_amendment(contract, body.wish(contract), agreed=agreed, by=call.by))


@operation(router, "POST", f"{_PATH}/{{int:amendment_id}}/send", Permission.CHANGE_CONTRACTS)
def send_amendment(call: Call, contract_id: int, amendment_id: int) -> AmendmentOut:
    """The client sees it from now on, for thirty days."""
    row = _find(contract_id, amendment_id)
    amendments.send_amendment(row, today=row.contract.today, by=call.by)
    return amendment_out(row)


@operation(router, "POST", f"{_PATH}/{{int:amendment_id}}/withdraw", Permission.CHANGE_CONTRACTS)
def withdraw_amendment(call: Call, contract_id: int, amendment_id: int, body: WithdrawIn) -> AmendmentOut:
    """It comes to nothing; one that the client has accepted is refused by that. Another may be written."""
    row = _find(contract_id, amendment_id)
    amendments.withdraw_amendment(row, body.reason, by=call.by)
    return amendment_out(row)


@operation(router, "POST", f"{_PATH}/{{int:amendment_id}}/begin", Permission.CHANGE_CONTRACTS)
def begin_amendment(call: Call, contract_id: int, amendment_id: int) -> AmendmentOut:
    """The provider signs, too: from now on it holds, its domains are approved, and the gateway obeys.

    409 before the client's yes, and where the contract has changed since it was written: withdraw it, and write another.
    """
    row = _find(contract_id, amendment_id)
    amendments.begin_amendment(row, by=call.by)
    return amendment_out(row)


def _contract(contract_id: int) -> Contract:
    return or_404(queries.find_contract(contract_id))


def _find(contract_id: int, amendment_id: int) -> Amendment:
    return or_404(queries.find_amendment(_contract(contract_id), amendment_id))
