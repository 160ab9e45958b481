"""Price lists and terms of sale: versions, of which the newest is offered (3-8, 6-1, 17-1). For the provider's own programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import catalogue
from ecluse.control.contracts.catalogue import PriceList, TermsOfSale
from ecluse.control.contracts.offers import MAX_ADDRESSES
from ecluse.control.contracts.price_grid import Bundle, Grid, Tier
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.contract_acts import MAX_OPTIONS, Price
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Contracts"])

MAX_TIERS = 20
Rate = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?$",
        description="EUR for an address and month, net of tax.",
        examples=["2.50"],
    ),
]
Percent = Annotated[
    str, Field(pattern=r"^(100|[0-9]{1,2}(\.[0-9]{1,2})?)$", description="Percent less.", examples=["5"])
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(max_length=catalogue.MAX_TERMS, pattern=r"^[^\x00]*$")
]


class TierIn(BaseModel):
    """Up to so many addresses, all of them at this price."""

    model_config = ConfigDict(extra="forbid")
    up_to: int = Field(ge=0, le=MAX_ADDRESSES, description="Addresses; 0: any number.")
    inbound: Rate
    outbound: Rate
    both: Rate


class OptionIn(BaseModel):
    """What may be ordered beside the services."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=50, pattern=r"^[^\x00-\x20\x7f]*$", description="Without spaces.")
    price: Rate


class PriceListIn(BaseModel):
    """A price list, all of it."""

    model_config = ConfigDict(extra="forbid")
    tiers: list[TierIn] = Field(min_length=1, max_length=MAX_TIERS)
    domain: Price = Field(description="A month for each domain after the first.")
    less_24: Percent = Field(default="0", description="Percent less for 24 months.")
    less_36: Percent = Field(default="0", description="Percent less for 36 months.")
    options: list[OptionIn] = Field(default=[], max_length=MAX_OPTIONS)


class TierOut(BaseModel):
    """Up to so many addresses, all of them at this price. EUR for an address and month, net of tax."""

    up_to: int = Field(description="0: any number.")
    inbound: str
    outbound: str
    both: str


class OptionOut(BaseModel):
    """What may be ordered beside the services."""

    name: str
    price: str = Field(description="EUR for an address and month, net of tax.")


class PriceListOut(BaseModel):
    """One version; never changed."""

    id: int
    made_at: datetime
    made_by: str
    tiers: list[TierOut]
    domain: str = Field(description="A month for each domain after the first.")
    less_24: str
    less_36: str
    options: list[OptionOut]


class TermsIn(BaseModel):
    """New terms of sale."""

    model_config = ConfigDict(extra="forbid")
    name: texts.Line = Field(min_length=1, max_length=catalogue.MAX_NAME, description="Of this version.")
    text: Annotated[Text, Field(min_length=1, description="In French, which holds.")]
    text_en: Annotated[Text, Field(description="The same in English, shown beside it.")] = ""


class TermsOut(BaseModel):
    """One version; never changed."""

    id: int
    name: str
    made_at: datetime
    made_by: str
    sha256: str = Field(description="Of the text; of both, a form feed between them, where there are two.")


class TermsWhole(TermsOut):
    """The same, and what it says."""

    text: str
    text_en: str


@operation(router, "GET", "price-lists", (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS), is_of_client=False)
def list_price_lists(_call: Call, asked: Query[Asked]) -> Page[PriceListOut]:
    """All versions, the newest first: by that offers are priced."""
    return page_of(catalogue.price_lists(), asked, _prices, newest_first=True)


@operation(router, "POST", "price-lists", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def publish_price_list(call: Call, body: PriceListIn) -> PriceListOut:
    """Offers are priced by it from now on; contracts in force keep their price until they are renewed (3-8)."""
    return _prices(catalogue.publish_prices(_grid(body), by=call.by))


@operation(router, "GET", "terms-of-sale", (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS), is_of_client=False)
def list_terms(_call: Call, asked: Query[Asked]) -> Page[TermsOut]:
    """All versions, the newest first: under that offers are sent."""
    return page_of(catalogue.terms_of_sale(), asked, _terms, newest_first=True)


@operation(router, "POST", "terms-of-sale", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def publish_terms(call: Call, body: TermsIn) -> TermsWhole:
    """Offers are sent under these from now on. 409 where the name is taken."""
    return _whole(catalogue.publish_terms(body.name, body.text, text_en=body.text_en, by=call.by))


@operation(
    router,
    "GET",
    "terms-of-sale/{int:terms_id}",
    (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS),
    is_of_client=False,
)
def show_terms(_call: Call, terms_id: int) -> TermsWhole:
    """One version, with its text."""
    return _whole(or_404(catalogue.find_terms(terms_id)))


def _grid(body: PriceListIn) -> Grid:
    """In the order of their sizes, none twice. Raises `Problem`."""
    _demand_once("body.tiers", [each.up_to for each in body.tiers])
    _demand_once("body.options", [each.name for each in body.options])
    tiers = sorted(body.tiers, key=lambda each: (not each.up_to, each.up_to))
    return Grid(
        tuple(_tier(each) for each in tiers),
        Decimal(body.domain),
        {24: Decimal(body.less_24), 36: Decimal(body.less_36)},
        {each.name: Decimal(each.price) for each in body.options},
    )


def _tier(said: TierIn) -> Tier:
    prices = {Bundle.INBOUND: said.inbound, Bundle.OUTBOUND: said.outbound, Bundle.BOTH: said.both}
    return Tier(said.up_to, {bundle: Decimal(price) for bundle, price in prices.items()})


def _demand_once(where: str, names: Sequence[object]) -> None:
    if len(set(names)) < len(names):
        raise invalid(where, "none twice")


def _prices(row: PriceList) -> PriceListOut:
    grid = catalogue.grid_of(row)
    return PriceListOut(
        id=row.pk,
        made_at=row.made_at,
        made_by=row.made_by,
        tiers=[
            TierOut(up_to=each.up_to, **{bundle.value: str(price) for bundle, price in each.prices.items()})
            for each in grid.tiers
        ],
        domain=str(grid.domain),
        less_24=str(grid.reductions.get(24, 0)),
        less_36=str(grid.reductions.get(36, 0)),
        options=[OptionOut(name=name, price=str(price)) for name, price in grid.options.items()],
    )


def _terms(row: TermsOfSale) -> TermsOut:
    return TermsOut(id=row.pk, name=row.name, made_at=row.made_at, made_by=row.made_by, sha256=row.sha256)


def _whole(row: TermsOfSale) -> TermsWhole:
    return TermsWhole(**_terms(row).model_dump(), text=row.text, text_en=row.text_en)
