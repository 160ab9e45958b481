"""A contract is changed during a period: more addresses or domains, other services or options, signed by both (17-1).

Drafted and sent by the provider, accepted by the client with the same proof as an offer, then signed by the provider: from
that moment the contract is what it says, and the gateway obeys. `prices.py` has the rule by which it is paid for; its invoice
is its own (`control/billing/amendment_invoices.py`). What it adds is counted anew, as all is, when the contract is renewed (3-5).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.amendment_states import OPEN, AmendmentState, AmendmentStep, amended
from ecluse.control.contracts.catalogue import newest_prices, option_names
from ecluse.control.contracts.models import Acceptance, Amendment, Approval, Contract, NamedDomain
from ecluse.control.contracts.moves import note_change, tell_gateway
from ecluse.control.contracts.offers import MAX_ADDRESSES, MAX_DOMAINS, OFFER_LASTS, Agreed, sum_of
from ecluse.control.contracts.permits import tell_domain
from ecluse.control.contracts.price_grid import Bundle, Price
from ecluse.control.contracts.prices import Ordered, added_by_month
from ecluse.control.contracts.states import ContractState, OutOfTurn
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

AMENDABLE = (ContractState.ACTIVE, ContractState.NOTICE)  # Who is suspended pays first.


class AlreadyOpen(Impossible):
    """Another amendment of this contract waits: both would be written for what the contract is now."""


class ChangedSince(Impossible):
    """The contract is not any more what the amendment was written for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the contract shall be from then on."""

    ordered: Ordered  # Totals.
    domains: tuple[str, ...] = ()  # Those that come in addition.


def draft_amendment(contract: Contract, wish: Wish, *, agreed: Agreed | None = None, by: Actor) -> Amendment:
    """Nobody sees it yet but the provider. `agreed`: more for each month, net.

    Raises `Impossible` where nothing is added, or it cannot be priced; `AlreadyOpen`; `OutOfTurn` for a contract not in force.
    """
    with change(by=by) as act:
        _lock(contract)
        if contract.amendments.filter(state__in=OPEN).exists():
            raise AlreadyOpen("another amendment of this contract waits")
        names = _demand_sane(contract, wish)
        month = _month(contract, wish, names, agreed)
        newest: int | None = contract.amendments.aggregate(newest=Max("number"))["newest"]
        row = Amendment.objects.create(
            client_id=contract.client_id,
            contract=contract,
            number=(newest or 0) + 1,
            before=standing_of(contract),
            bundle=wish.ordered.bundle,
            addresses=wish.ordered.addresses,
            options=list(wish.ordered.options),
            domains=names,
            services_month=month.services,
            options_month=month.options,
            has_own_price=agreed is not None,
            made_at=act.at,
        )
        _note(act, row, "amendment-drafted")
        return row


def send_amendment(amendment: Amendment, *, today: date, by: Actor) -> None:
    """The client sees it, for thirty days."""
    with change(by=by) as act:
        _move(act, amendment, AmendmentStep.SEND, valid_until=today + OFFER_LASTS)


def withdraw_amendment(amendment: Amendment, reason: str, *, by: Actor) -> None:
    """It comes to nothing; another one may be written."""
    with change(by=by) as act:
        _move(act, amendment, AmendmentStep.WITHDRAW, reason.strip())


def accept_amendment(amendment: Amendment, seen_sha256: str, *, today: date, by: Actor) -> Acceptance:
    """The client says yes to the document of which it saw this sum. Raises `Impossible` for another, or an old one."""
    with change(by=by) as act:
        amended(AmendmentState(amendment.state), AmendmentStep.ACCEPT)
        _lock(amendment.contract)
        document = amendment_document(amendment)
        sha256 = sum_of(document)
        if sha256 != seen_sha256:
            raise Impossible("the amendment has changed since it was shown")
        if amendment.valid_until is not None and today > amendment.valid_until:
            raise Impossible("the amendment has expired")
        proof = Acceptance.objects.create(
            client_id=amendment.client_id,
            contract=amendment.contract,
            amendment=amendment,
            at=act.at,
            by=str(by),
            ip=by.ip or None,
            document=document,
            sha256=sha256,
        )
        _move(act, amendment, AmendmentStep.ACCEPT, f"SHA-256 {sha256}")
        return proof


def begin_amendment(amendment: Amendment, *, by: Actor) -> None:
    """The provider signs, too: the contract is what it says from now on, its domains approved, and the gateway told.

    Raises `ChangedSince` where the contract was renewed or amended meanwhile, `OutOfTurn` where it is not in force.
    """
    with change(by=by) as act:
        contract = _lock(amendment.contract)
        if standing_of(contract) != amendment.before:
            raise ChangedSince("the contract has changed since this was written")
        period = contract.period
        if period is None:
            raise OutOfTurn("the contract has not begun")
        today = act.at.astimezone(contract.zone).date()
        months = period.months_from(today)
        _move(act, amendment, AmendmentStep.BEGIN, begun_at=act.at, starts_on=today, months=months)
        Contract.objects.filter(pk=contract.pk).update(
            bundle=amendment.bundle, addresses=amendment.addresses, options=amendment.options
        )
        _grant(act, amendment)
        contract.refresh_from_db()
        amendment.contract = contract
        tell_gateway(act, contract)


def options_for(contract: Contract) -> list[str]:
    """What may be ordered with it: what its own list knows, the newest one, and what it has."""
    return sorted({*option_names(contract.price_list, newest_prices()), *contract.options})


def months_left(contract: Contract) -> int:
    """For how many months an amendment that began today would be paid."""
    return contract.period.months_from(contract.today) if contract.period else 0


def amendment_document(amendment: Amendment) -> str:
    """What is accepted, letter by letter: JSON, keys in order; what it costs by month, and for how many months at most."""
    contract, period = amendment.contract, amendment.contract.period
    terms = contract.terms
    said = {
        "amendment": amendment.reference,
        "contract": contract.reference,
        "client": contract.client.name,
        "before": amendment.before,
        "services": amendment.bundle,
        "addresses": amendment.addresses,
        "options": list(amendment.options),
        "more_domains": list(amendment.domains),
        "price_month_services": str(cents(amendment.services_month)),
        "price_month_options": str(cents(amendment.options_month)),
        "currency": "EUR",
        "charged": "each whole month left of the period on the day the provider signs",
        "period_ends": str(period.ends_on) if period else "",
        "valid_until": str(amendment.valid_until or ""),
        "terms": terms.name if terms else "",
        "terms_sha256": terms.sha256 if terms else "",
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1)


def standing_of(contract: Contract) -> dict[str, object]:
    """What an amendment is written for: it holds for nothing else."""
    return {
        "bundle": str(contract.bundle),
        "addresses": contract.addresses,
        "options": list(contract.options),
        "period_after": contract.period_after,
    }


def _lock(contract: Contract) -> Contract:
    """Of two at once the second sees what the first has done. Raises `OutOfTurn`."""
    Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    contract.refresh_from_db()
    if contract.state not in AMENDABLE:
        raise OutOfTurn("the contract is not in force")
    return contract


def _demand_sane(contract: Contract, wish: Wish) -> list[str]:
    names, wanted = sorted(set(wish.domains)), wish.ordered
    if not contract.addresses <= wanted.addresses <= MAX_ADDRESSES:
        raise Impossible("addresses are added during a period, and counted anew at its end (3-5)")
    known = set(contract.domains.exclude(approval=Approval.ASKED).values_list("name", flat=True))
    if known & set(names) or len(names) > MAX_DOMAINS:
        raise Impossible("these domains were decided already")
    now = Ordered(Bundle(contract.bundle), contract.addresses, tuple(contract.options))
    if wanted == now and not names:
        raise Impossible("an amendment changes something")
    return names


def _month(contract: Contract, wish: Wish, names: Iterable[str], agreed: Agreed | None) -> Price:
    if agreed is not None:
        return Price(cents(agreed.services), cents(agreed.options))
    return added_by_month(contract, wish.ordered, list(names))


def _grant(act: Change, amendment: Amendment) -> None:
    for name in amendment.domains:
        row, _ = NamedDomain.objects.update_or_create(
            client_id=amendment.client_id,
            contract_id=amendment.contract_id,
            name=name,
            defaults={"approval": Approval.GRANTED},
        )
        tell_domain(act, row)


def _move(act: Change, amendment: Amendment, step: AmendmentStep, note: str = "", **values: object) -> None:
    before = AmendmentState(amendment.state)
    rows = Amendment.objects.filter(pk=amendment.pk, state=before)
    if not rows.update(state=amended(before, step), **values):
        raise OutOfTurn("somebody was faster")
    amendment.refresh_from_db()
    _note(act, amendment, f"amendment-{step}", note)


def _note(act: Change, amendment: Amendment, what: str, note: str = "") -> None:
    said = {
        "amendment": amendment.reference,
        "services": amendment.bundle,
        "addresses": amendment.addresses,
        "options": " ".join(amendment.options),
        "domains": " ".join(amendment.domains)[:400],
        "price_month": amendment.month.net,
    }
    if amendment.valid_until is None:  # The client, who reads the history, has not seen it.
        trailed = {name: str(value) for name, value in said.items()}
        act.record(f"contract.{what}", amendment.contract, client_id=amendment.client_id, after=trailed)
    else:
        note_change(act, amendment.contract, what, f"{amendment.reference} {note}".strip(), **said)
