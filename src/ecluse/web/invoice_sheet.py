"""An invoice as people read it: in French, as the law wants it, whatever the reader's language."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from django.template.loader import render_to_string
from django.utils import translation

from ecluse.control.billing.document import DEBITS, NOTES, Document
from ecluse.control.billing.parties import FRANCE

_FRENCH = "fr"


def title_of(document: Document) -> str:
    """What it is called."""
    return f"{'Avoir' if document.is_credit else 'Facture'} {document.reference}"


def invoice_sheet(document: Document) -> str:
    """The page as HTML, which needs nothing from elsewhere."""
    sums = document.totals
    values = {
        "document": document,
        "title": title_of(document),
        "buyer_country": _country(document.buyer.address.country),
        "lines": [(each, _places(each.unit_price)) for each in document.lines],
        "sums": sums,
        "exemptions": [reason for each in sums.by_rate if (reason := document.exemption(each.vat))],
        "notes": () if document.is_credit else [text for _, text in NOTES],
        "debits": DEBITS if document.seller.taxed_on_debits else "",
    }
    with translation.override(_FRENCH):
        return render_to_string("invoices/sheet.html", values)


def _places(price: Decimal) -> str:
    """How `floatformat` writes it: with all its decimals, two at least, and grouped."""
    return f"{max(2, -int(price.normalize().as_tuple().exponent))}g"


def _country(code: str) -> str:
    return "" if code == FRANCE else str(Locale(_FRENCH).territories.get(code, code))
