"""Quote and order form: drafted, sent, accepted by the client with proof, or withdrawn (3-1, 4-5, 4-6, 6-1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.catalogue import grid_of, newest_prices, newest_terms
from ecluse.control.contracts.models import Acceptance, Contract, NamedDomain, PriceList
from ecluse.control.contracts.moves import move, note_change
from ecluse.control.contracts.price_grid import Price, Wanted
from ecluse.control.contracts.states import ContractState, Step, after
from ecluse.control.contracts.terms import MONTHS
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents

OFFER_LASTS = timedelta(days=30)
MAX_DOMAINS = 500
MAX_ADDRESSES = 10_000_000


@dataclass(frozen=True, slots=True)
class Agreed:
    """A price that is not the list's: net, of the whole first period."""

    services: Decimal
    options: Decimal = Decimal("0.00")


def draft(
    client: Client, wanted: Wanted, domains: Iterable[str], *, agreed: Agreed | None = None, by: Actor
) -> Contract:
    """An offer for these domains; nobody sees it yet but the provider. Raises `Impossible` where it cannot be priced."""
    names = _names(domains)
    _demand_sane(wanted)
    prices = newest_prices()
    price = _price(wanted, agreed, prices)
    with change(by=by) as act:
        row = Contract.objects.create(
            client=client,
            bundle=wanted.bundle,
            addresses=wanted.addresses,
            first_addresses=wanted.addresses,
            months=wanted.months,
            options=list(wanted.options),
            services_price=price.services,
            options_price=price.options,
            has_own_price=agreed is not None,
            price_list=prices,
            time_zone=client.time_zone,
            made_at=act.at,
        )
        NamedDomain.objects.bulk_create(NamedDomain(client=client, contract=row, name=name) for name in names)
        note_change(act, row, "drafted", price=price.net, addresses=wanted.addresses, domains=" ".join(names)[:400])
        return row


def price_of(wanted: Wanted, agreed: Agreed | None) -> Price:
    """What an offer would say today. Raises `Impossible` where it cannot be priced."""
    _demand_sane(wanted)
    return _price(wanted, agreed, newest_prices())


def send(contract: Contract, *, today: date, by: Actor) -> None:
    """The client sees it from now on, under the newest terms. Raises `Impossible` where there are none."""
    terms = newest_terms()
    if terms is None:
        raise Impossible("an offer needs terms of sale: publish some first")
    with change(by=by) as act:
        move(act, contract, Step.SEND, terms=terms, valid_until=today + OFFER_LASTS)


def revise(contract: Contract, *, by: Actor) -> None:
    """Back to the drafts: the client cannot accept it any more."""
    with change(by=by) as act:
        move(act, contract, Step.REVISE)


def withdraw(contract: Contract, reason: str, *, by: Actor) -> None:
    """It comes to nothing."""
    with change(by=by) as act:
        move(act, contract, Step.WITHDRAW, reason, over_at=act.at)


def accept(
    contract: Contract,
    seen_sha256: str,
    *,
    today: date,
    staff_is_informed: bool = False,
    may_be_cited: bool = False,
    by: Actor,
) -> Acceptance:
    """The client says yes to the document of which it saw this sum. Raises `Impossible` for another, or an old one.

    It declares beside that its staff is informed of what happens to mail (15-9), and whether it may be cited (7-2).
    """
    with change(by=by) as act:
        after(ContractState(contract.state), Step.ACCEPT)
        document = offer_document(contract)
        sha256 = sum_of(document)
        if sha256 != seen_sha256:
            raise Impossible("the offer has changed since it was shown")
        if contract.valid_until is not None and today > contract.valid_until:
            raise Impossible("the offer has expired")
        proof = Acceptance.objects.create(
            client_id=contract.client_id,
            contract=contract,
            at=act.at,
            by=str(by),
            ip=by.ip or None,
            document=document,
            sha256=sha256,
            staff_is_informed=staff_is_informed,
        )
        move(act, contract, Step.ACCEPT, f"SHA-256 {sha256}", may_be_cited=may_be_cited)
        return proof


def offer_document(contract: Contract) -> str:
    """What is accepted, letter by letter: JSON, keys in order, with the sum of the terms."""
    terms = contract.terms
    said = {
        "contract": contract.reference,
        "client": contract.client.name,
        "services": contract.bundle,
        "addresses": contract.addresses,
        "domains": sorted(each.name for each in contract.domains.all()),
        "months": contract.months,
        "options": list(contract.options),
        "price_services": str(cents(contract.services_price)),
        "price_options": str(cents(contract.options_price)),
        "currency": "EUR",
        "valid_until": str(contract.valid_until or ""),
        "terms": terms.name if terms else "",
        "terms_sha256": terms.sha256 if terms else "",
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1)


def sum_of(document: str) -> str:
    """Its SHA-256, in hexadecimal."""
    return hashlib.sha256(document.encode()).hexdigest()


def _names(domains: Iterable[str]) -> list[str]:
    names = sorted(set(domains))
    if not names or len(names) > MAX_DOMAINS:
        raise Impossible(f"an order form names between one and {MAX_DOMAINS} domains")
    return names


def _demand_sane(wanted: Wanted) -> None:
    if wanted.months not in MONTHS:
        raise Impossible(f"a term has {MONTHS} months")
    if not 1 <= wanted.addresses <= MAX_ADDRESSES:
        raise Impossible("a contract is about one address at least")
    if wanted.domains < 1:
        raise Impossible("a contract is about one domain at least")


def _price(wanted: Wanted, agreed: Agreed | None, prices: PriceList | None) -> Price:
    if agreed is not None:
        return Price(cents(agreed.services), cents(agreed.options))
    if prices is None:
        raise Impossible("there is no price list yet: publish one, or agree upon a price")
    return grid_of(prices).price(wanted)
