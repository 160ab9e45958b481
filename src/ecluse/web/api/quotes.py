"""A quote for who is no client yet, for the provider's own programs: computed or drawn, and kept nowhere (6-1, 15-6)."""

from __future__ import annotations

from base64 import b64encode
from datetime import date

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing.invoice_days import today
from ecluse.control.contracts import offers
from ecluse.control.contracts.offers import OFFER_LASTS
from ecluse.control.contracts.price_grid import Price
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.contract_acts import OfferIn
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, Problem
from ecluse.web.backends import backends
from ecluse.web.contract_sheet import Prospect, quote_sheet

router = Router(tags=["Contracts"])


class QuoteIn(OfferIn):
    """What is quoted, and for whom."""

    name: texts.Name = Field(description="For whom. It is kept nowhere.")


class QuoteOut(BaseModel):
    """The price of the whole first term. Amounts are EUR with two decimals, net of tax."""

    services: str = Field(examples=["300.00"])
    options: str
    net: str = Field(description="Both together.")
    valid_until: date = Field(description="That day included.")


class QuoteFileOut(BaseModel):
    """The quote as people read it, French and English side by side."""

    name: str
    pdf: str = Field(description="In base64.")


# No answer of these is kept: who is quoted is no client, and what he is called goes nowhere.
@operation(router, "POST", "quotes", Permission.CHANGE_CONTRACTS, is_of_client=False, keeps_answers=False)
def quote(_call: Call, body: QuoteIn) -> QuoteOut:
    """What an offer would say today, to who is no client yet. 409 where the price list has no price for it."""
    price = _price(body)
    return QuoteOut(
        services=str(price.services), options=str(price.options), net=str(price.net), valid_until=_valid_until()
    )


@operation(router, "POST", "quotes/file", Permission.CHANGE_CONTRACTS, is_of_client=False, keeps_answers=False)
def draw_quote(_call: Call, body: QuoteIn) -> QuoteFileOut:
    """The same as PDF. 409 where the console finds nothing that draws, or its words cannot be drawn."""
    draw = backends().draw_pdf
    if draw is None:
        raise Problem(CONFLICT, "Nothing draws here.")
    sheet = quote_sheet(Prospect(body.name, body.wanted(), body.names(), _price(body), _valid_until()))
    return QuoteFileOut(name="devis.pdf", pdf=b64encode(draw(sheet)).decode())


def _price(body: QuoteIn) -> Price:
    return offers.price_of(body.wanted(), body.agreed.price() if body.agreed else None)


def _valid_until() -> date:
    return today() + OFFER_LASTS
