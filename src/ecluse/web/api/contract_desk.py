"""What the provider's page of one contract shows beside the contract itself; for the provider's own programs (3-7, 7-2, 11-1, 13-2)."""

from __future__ import annotations

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing.account import received_under
from ecluse.control.contracts import queries
from ecluse.control.contracts.sharing import Sign, SignKind, sharing_signs
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import NOT_FOUND, Problem
from ecluse.web.pages import or_404

router = Router(tags=["Contracts"])


class SignOut(BaseModel):
    """That others may benefit from the client's service (13-2). It proves nothing: a person looks."""

    kind: SignKind = Field(
        description="any-address: a domain takes any; many-aliases; claimed: another client claims the domain; "
        "named: it stands on another client's contract in force."
    )
    what: str = Field(description="The domain; of aliases how many there are.")


class DeskOut(BaseModel):
    """The provider's own facts about one contract."""

    served_not_granted: list[str] = Field(
        description="Domains that are served since before the contract, and that it has not granted (3-3, 3-7)."
    )
    sharing_is_allowed: bool = Field(description="true: signs are not looked for.")
    sharing_signs: list[SignOut]
    may_be_cited: bool = Field(description="As a reference (7-2).")
    received: str = Field(
        description="All that was paid under it, EUR with two decimals, tax included: the provider is liable for no more (11-1)."
    )


@operation(router, "GET", "/contracts/{int:contract_id}/desk", Permission.SEE_BILLING)
def show_contract_desk(call: Call, contract_id: int) -> DeskOut:
    """Which domains are served without it, signs of use by others, what was received; by the provider's keys alone."""
    if not call.is_of_provider:
        raise Problem(NOT_FOUND)
    row = or_404(queries.find_contract(contract_id))
    return DeskOut(
        served_not_granted=queries.not_granted(row),
        sharing_is_allowed=row.may_share,
        sharing_signs=[_sign(each) for each in sharing_signs(row)],
        may_be_cited=row.may_be_cited,
        received=str(received_under(row)),
    )


def _sign(sign: Sign) -> SignOut:
    return SignOut(kind=sign.kind, what=sign.what)
