"""Quote, order form and amendment as people read and sign them: in French and English side by side (3-1, 17-1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from ecluse.control.billing.registers import newest_buyer, newest_seller, read_buyer, read_seller
from ecluse.control.contracts.amendments import amendment_document
from ecluse.control.contracts.offers import offer_document
from ecluse.control.contracts.papers import PaperKind, Sheet
from ecluse.control.contracts.price_grid import Price, Wanted

_FRENCH = "fr"
_TITLES = {
    PaperKind.QUOTE: ("Devis", "Quote"),
    PaperKind.ORDER: ("Bordereau de souscription", "Order form"),
    PaperKind.AMENDMENT: ("Avenant", "Amendment"),
}
_BUNDLES = {
    "inbound": ("Filtrage du courrier entrant", "Filtering of inbound mail"),
    "outbound": ("Filtrage du courrier sortant", "Filtering of outbound mail"),
    "both": ("Filtrage du courrier entrant et sortant", "Filtering of inbound and outbound mail"),
}


@dataclass(frozen=True, slots=True)
class Prospect:
    """What somebody is quoted who is no client yet."""

    name: str
    wanted: Wanted
    domains: Sequence[str]
    price: Price
    valid_until: date


def quote_sheet(prospect: Prospect) -> str:
    """A quote that nothing is accepted by, as HTML: without a number, a sum, or terms."""
    seller, wanted = newest_seller(), prospect.wanted
    french, english = _TITLES[PaperKind.QUOTE]
    values: dict[str, Any] = {
        "title": french,
        "title_en": english,
        "seller": read_seller(seller) if seller else None,
        "client": prospect.name,
        "said": {
            "addresses": wanted.addresses,
            "domains": prospect.domains,
            "months": wanted.months,
            "options": wanted.options,
        },
        "bundle": _BUNDLES[wanted.bundle],
        "price": prospect.price,
        "valid_until": prospect.valid_until,
    }
    with translation.override(_FRENCH):
        return render_to_string("contracts/sheet.html", values)


def contract_sheet(sheet: Sheet) -> str:
    """The page as HTML, which needs nothing from elsewhere. Within the scope of the client."""
    seller, buyer = newest_seller(), newest_buyer()
    contract, amendment = sheet.contract, sheet.amendment
    french, english = _TITLES[sheet.kind]
    reference = amendment.reference if amendment else contract.reference
    values: dict[str, Any] = {
        "title": f"{french} {reference}",
        "title_en": f"{english} {reference}",
        "seller": read_seller(seller) if seller else None,
        "buyer": read_buyer(buyer) if buyer else None,
        "client": contract.client.name,
        "said": json.loads(amendment_document(amendment) if amendment else offer_document(contract)),
        "bundle": _BUNDLES[amendment.bundle if amendment else contract.bundle],
        "price": amendment.month if amendment else contract.price,
        "contract": contract,
        "amendment": amendment,
        "sum": sheet.sum,
        "is_signed": sheet.kind != PaperKind.QUOTE,
        "terms": contract.terms if sheet.kind == PaperKind.ORDER else None,
        "valid_until": amendment.valid_until if amendment else contract.valid_until,
    }
    with translation.override(_FRENCH):
        return render_to_string("contracts/sheet.html", values)
