"""The versions of who sells and who buys: never changed, so that what an invoice names stays as it was."""

from __future__ import annotations

from typing import Any

import msgspec

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.billing.models import BuyerVersion, SellerVersion
from ecluse.control.billing.parties import Buyer, Seller, demand_sound
from ecluse.control.billing.totals import STANDARD_RATE, Vat, VatCategory
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible

__all__ = ["BuyerVersion", "SellerVersion"]

_UNKNOWN = (Vat(VatCategory.STANDARD, STANDARD_RATE), "")  # Whose tax the provider has not entered.


class OtherTax(Impossible):
    """The client would owe another tax than its provider has entered: that is the provider's to change."""


def set_seller(seller: Seller, *, by: Actor) -> SellerVersion:
    """Who invoices from now on. Raises `Flawed`."""
    demand_sound(seller)
    known = newest_seller()
    with change(by=by) as act:
        row = SellerVersion.objects.create(made_at=act.at, made_by=str(by), plain=msgspec.to_builtins(seller))
        act.record("seller.set", row, after=_changed(known.plain if known else {}, row.plain))
        return row


def set_buyer(client: Client, buyer: Buyer, *, by: Actor) -> BuyerVersion:
    """As what the client is invoiced from now on; the provider's word. Raises `Flawed`."""
    demand_sound(buyer)
    known = newest_buyer()
    with change(by=by) as act:
        plain = msgspec.to_builtins(buyer)
        row = BuyerVersion.objects.create(client=client, made_at=act.at, made_by=str(by), plain=plain)
        act.record("buyer.set", row, client_id=client.pk, after=_changed(known.plain if known else {}, plain))
        return row


def correct_buyer(client: Client, buyer: Buyer, *, by: Actor) -> BuyerVersion:
    """The same by the client itself, which keeps what it says true (3-6). Raises `Flawed`, `OtherTax`."""
    known = newest_buyer()
    if _tax(buyer) != (_tax(read_buyer(known)) if known else _UNKNOWN):
        raise OtherTax("the tax of a client is its provider's to say")
    return set_buyer(client, buyer, by=by)


def newest_seller() -> SellerVersion | None:
    """The one in use."""
    return SellerVersion.objects.first()


def newest_buyer() -> BuyerVersion | None:
    """The one in use, of the scope's client."""
    return BuyerVersion.objects.first()


def read_seller(row: SellerVersion) -> Seller:
    """What it says."""
    return msgspec.convert(row.plain, Seller)


def read_buyer(row: BuyerVersion) -> Buyer:
    """What it says."""
    return msgspec.convert(row.plain, Buyer)


def _tax(buyer: Buyer) -> tuple[Vat, str]:
    """Of who is exempt, too: the reason holds where it is."""
    return buyer.vat_of_country, buyer.exempt_reason


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Names of fields alone: what they hold may be about people, and stands in the versions."""
    return {"changed": sorted(name for name in after if before.get(name) != after[name])}
