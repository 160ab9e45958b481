"""An invoice over claims alone, beside no period: what no other invoice takes, or may (5-3, 6-7, 6-8)."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.control.audit.change import Change
from ecluse.control.billing.coming_lines import Taken, line_of, locked, mark_taken
from ecluse.control.billing.models import BuyerVersion, ComingLine, Invoice, InvoiceKind, Purpose, SellerVersion
from ecluse.control.billing.totals import Vat
from ecluse.control.billing.writing import write
from ecluse.control.contracts.terms import PARIS


def invoice_claims(
    act: Change,
    rows: Iterable[ComingLine],
    vat: Vat,
    *,
    seller: SellerVersion,
    buyer: BuyerVersion,
    purpose: Purpose = Purpose.SERVICES,
) -> Invoice | None:
    """Within a change: over those of them that are still open, dated today; None where none is. In their client's scope."""
    taken = [Taken(each, line_of(each, vat)) for each in locked(rows)]
    if not taken:
        return None
    contract = taken[-1].row.contract
    invoice = write(
        act,
        InvoiceKind.INVOICE,
        [each.line for each in taken],
        seller=seller,
        buyer=buyer,
        client_id=contract.client_id,
        contract=contract,
        dated=act.at.astimezone(PARIS).date(),
        purpose=purpose,
    )
    mark_taken(act, taken, invoice)
    return invoice
