"""The file of an invoice: written, checked, drawn and joined. For `ecluse worker`, where the extra `invoices` is installed."""

from __future__ import annotations

from ecluse.adapters.invoices.factur_x import joined
from ecluse.adapters.invoices.pdf_a import pdf_a
from ecluse.adapters.invoices.rules import faults
from ecluse.control.billing.cii import invoice_xml
from ecluse.control.billing.document import Document
from ecluse.domain.errors import Impossible
from ecluse.web.invoice_sheet import invoice_sheet, title_of


def draw(document: Document) -> bytes:
    """As Factur-X. Raises `Impossible` for one that breaks a rule of EN 16931, or of France's platforms."""
    xml = invoice_xml(document)
    if broken := faults(xml):
        raise Impossible("; ".join(broken))
    return joined(pdf_a(invoice_sheet(document)), xml, title=title_of(document), author=document.seller.name)
