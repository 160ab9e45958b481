"""Offers and steps of a contract's life, as the provider's own programs take them (3-1, 3-7, 3-14 to 3-18, 6-9, 6-10, 16-1, 16-2).

The client's yes is not among them: that is a person's, at the console. Contracts end with their period, and are renewed, by a job.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import catalogue, consents, life, moves, naming, offers, queries
from ecluse.control.contracts.offers import MAX_ADDRESSES, MAX_DOMAINS, Agreed
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.contracts.queries import Contract
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.contracts import ContractOut, contract_out, router  # One address, one router.
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

__all__ = ["router"]

MAX_OPTIONS = 20
Price = Annotated[
    str, Field(pattern=r"^[0-9]{1,8}\.[0-9]{2}$", description="EUR with two decimals, net of tax.", examples=["300.00"])
]
Options = Annotated[list[texts.Line], Field(max_length=MAX_OPTIONS, description="By the names of the price list.")]
Addresses = Annotated[int, Field(ge=1, le=MAX_ADDRESSES)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(max_length=moves.MAX_NOTE, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Letter = Annotated[texts.Line, Field(min_length=1, description="Reference of the registered letter.")]
_ENDS = "true, where the contract is to end"


class AgreedIn(BaseModel):
    """A price that is not the list's."""

    model_config = ConfigDict(extra="forbid")
    services: Price
    options: Price = "0.00"

    def price(self) -> Agreed:
        """The same for services."""
        return Agreed(Decimal(self.services), Decimal(self.options))


class OfferIn(BaseModel):
    """An offer for one client."""

    model_config = ConfigDict(extra="forbid")
    services: Bundle
    addresses: Addresses
    domains: list[texts.Domain] = Field(min_length=1, max_length=MAX_DOMAINS)
    months: Literal[12, 24, 36] = Field(description="Of the first term.")
    options: Options = []
    agreed: AgreedIn | None = Field(default=None, description="For the whole first term; null: by the price list.")

    def names(self) -> tuple[str, ...]:
        """Its domains, each once."""
        return tuple(dict.fromkeys(self.domains))

    def wanted(self) -> Wanted:
        """What a price is asked for. Raises `Problem`."""
        options = known_options(self.options, catalogue.option_names(catalogue.newest_prices()))
        return Wanted(self.services, self.addresses, len(self.names()), self.months, options)


class ReasonIn(BaseModel):
    """Why: it stands in the contract's history, which the client reads."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[Words, Field(min_length=1)]


class WithdrawIn(BaseModel):
    """Why it comes to nothing."""

    model_config = ConfigDict(extra="forbid")
    reason: Words = ""


class DomainAnswerIn(BaseModel):
    """Whether a domain that the contract names may be served (3-7)."""

    model_config = ConfigDict(extra="forbid")
    name: texts.Domain
    is_approved: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        default="",
        max_length=naming.MAX_REASON,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Of a refusal: demanded, and read by the client.",
    )


class LetterIn(BaseModel):
    """A registered letter of notice, which came or went (3-16)."""

    model_config = ConfigDict(extra="forbid")
    letter: Letter
    received_at: texts.Time = Field(description="When it came. Without a zone it is UTC.")
    whose: Literal["client", "provider"] = "client"


class NoticeLetterOut(BaseModel):
    """What it did."""

    is_in_time: bool = Field(description="false: it came too late, and stands in the history with the reason alone.")
    contract: ContractOut


class BreachIn(BaseModel):
    """The letter that names a serious breach (16-1)."""

    model_config = ConfigDict(extra="forbid")
    letter: Letter
    sent_on: date


class EndIn(BaseModel):
    """The end of the contract, at once."""

    model_config = ConfigDict(extra="forbid")
    waives_period: bool = Field(default=False, description="What was not invoiced yet of the period is not asked.")
    ends_the_contract: bool = Field(description="true, or nothing happens.")


class TerminateIn(EndIn):
    """The same, and why."""

    reason: Annotated[Words, Field(min_length=1)]


class SharingIn(BaseModel):
    """Whether others may use the client's domains and addresses (13-2)."""

    model_config = ConfigDict(extra="forbid")
    is_allowed: bool


@operation(router, "POST", "/contracts", Permission.CHANGE_CONTRACTS, status=201)
def draft_offer(call: Call, body: OfferIn) -> ContractOut:
    """Draft an offer: nobody sees it but the provider. 409 where the price list has no price for it."""
    agreed = body.agreed.price() if body.agreed else None
    return contract_out(offers.draft(call.client, body.wanted(), body.names(), agreed=agreed, by=call.by))


@operation(router, "POST", "/contracts/{int:contract_id}/send", Permission.CHANGE_CONTRACTS)
def send_offer(call: Call, contract_id: int) -> ContractOut:
    """The client sees it from now on, for thirty days, under the newest terms. 409 before there are any."""
    row = _find(contract_id)
    offers.send(row, today=row.today, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/revise", Permission.CHANGE_CONTRACTS)
def revise_offer(call: Call, contract_id: int) -> ContractOut:
    """Take it back to the drafts: the client cannot accept it any more."""
    row = _find(contract_id)
    offers.revise(row, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/withdraw", Permission.CHANGE_CONTRACTS)
def withdraw_offer(call: Call, contract_id: int, body: WithdrawIn) -> ContractOut:
    """It comes to nothing; one that the client has accepted is refused by that."""
    row = _find(contract_id)
    offers.withdraw(row, body.reason, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/domains/answer", Permission.CHANGE_CONTRACTS)
def answer_contract_domain(call: Call, contract_id: int, body: DomainAnswerIn) -> ContractOut:
    """Approve or refuse a domain. One that was refused may be approved later; one that is approved stays so: 409."""
    row = _find(contract_id)
    domain = or_404(next((each for each in row.domains.all() if each.name == body.name), None))
    if body.is_approved:
        naming.grant(domain, by=call.by)
    elif body.reason:
        naming.refuse(domain, body.reason, by=call.by)
    else:
        raise invalid("body.reason", "who refuses a domain says why")
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/start", Permission.CHANGE_CONTRACTS)
def start_contract(call: Call, contract_id: int) -> ContractOut:
    """The provider accepts, too: the term begins today (3-14). 409 before the client's yes, and before each domain is answered."""
    row = _find(contract_id)
    life.start(row, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/letters-of-notice", Permission.CHANGE_CONTRACTS)
def note_letter_of_notice(call: Call, contract_id: int, body: LetterIn) -> NoticeLetterOut:
    """Note a letter: in time it ends the contract with its period, late it is refused with the reason.

    409 for one that came in time before the contract was renewed: a person decides what to do about that.
    """
    row = _find(contract_id)
    is_in_time = life.receive_notice(row, body.letter, body.received_at, whose=body.whose, by=call.by)
    return NoticeLetterOut(is_in_time=is_in_time, contract=contract_out(row))


@operation(router, "POST", "/contracts/{int:contract_id}/suspend", Permission.CHANGE_CONTRACTS)
def suspend_contract(call: Call, contract_id: int, body: ReasonIn) -> ContractOut:
    """At once no mail is served (6-9, 16-2)."""
    row = _find(contract_id)
    life.suspend(row, body.reason, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/resume", Permission.CHANGE_CONTRACTS)
def resume_contract(call: Call, contract_id: int) -> ContractOut:
    """Served again; where notice was given, until the period ends."""
    row = _find(contract_id)
    life.resume(row, by=call.by)
    return contract_out(row)


@operation(router, "PUT", "/contracts/{int:contract_id}/breach", Permission.CHANGE_CONTRACTS)
def declare_breach(call: Call, contract_id: int, body: BreachIn) -> ContractOut:
    """A letter went that names a serious breach: there are fifteen days to repair it (16-1).

    409 for a letter of tomorrow, or one that is dated before the contract began.
    """
    row = _find(contract_id)
    life.declare_breach(row, body.letter, body.sent_on, by=call.by)
    return contract_out(row)


@operation(router, "DELETE", "/contracts/{int:contract_id}/breach", Permission.CHANGE_CONTRACTS)
def repair_breach(call: Call, contract_id: int) -> ContractOut:
    """It is mended: the contract goes on. 409 where none was declared."""
    row = _find(contract_id)
    life.repair_breach(row, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/breach/terminate", Permission.CHANGE_CONTRACTS)
def terminate_for_breach(call: Call, contract_id: int, body: EndIn) -> ContractOut:
    """Over at once. 409 before the fifteen days have gone by since the letter went (16-1)."""
    row = _find(contract_id)
    _demand_sure(body)
    life.terminate_for_breach(row, waives_period=body.waives_period, by=call.by)
    return contract_out(row)


@operation(router, "POST", "/contracts/{int:contract_id}/terminate", Permission.CHANGE_CONTRACTS)
def terminate_contract(call: Call, contract_id: int, body: TerminateIn) -> ContractOut:
    """Over at once, by a right that the contract gives, or because both want it; its period is owed unless it is waived."""
    row = _find(contract_id)
    _demand_sure(body)
    life.terminate(row, body.reason, waives_period=body.waives_period, by=call.by)
    return contract_out(row)


@operation(router, "PUT", "/contracts/{int:contract_id}/sharing", Permission.CHANGE_CONTRACTS)
def allow_sharing(call: Call, contract_id: int, body: SharingIn) -> ContractOut:
    """Say whether others may use the client's domains and addresses (13-2)."""
    row = _find(contract_id)
    consents.allow_sharing(row, allows=body.is_allowed, by=call.by)
    return contract_out(row)


def known_options(options: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Each once. Raises `Problem` for one that stands on no price list."""
    wanted = tuple(dict.fromkeys(options))
    for each in wanted:
        if each not in known:
            raise invalid("body.options", "names of the price list")
    return wanted


def _find(contract_id: int) -> Contract:
    """None but the provider's keys come so far: drafts are found, too."""
    return or_404(queries.find_contract(contract_id))


def _demand_sure(body: EndIn) -> None:
    if not body.ends_the_contract:
        raise invalid("body.ends_the_contract", _ENDS)
