"""An invoice or a credit note as it was made: all that its file says, and nothing that may still change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ecluse.control.billing.invoice_days import PAYABLE_DAYS, due_on
from ecluse.control.billing.late_payment import POINTS, RECOVERY
from ecluse.control.billing.models import Invoice, InvoiceKind, Purpose
from ecluse.control.billing.parties import Buyer, Seller
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.registers import read_buyer, read_seller
from ecluse.control.billing.totals import Line, Totals, Vat, VatCategory, totals

_PENALTIES = (
    "Tout retard de paiement entraîne de plein droit, dès le lendemain de l'échéance, des pénalités au taux de"
    f" refinancement de la Banque centrale européenne majoré de {POINTS} points."
)
_RECOVERY = (
    "Tout retard de paiement entraîne de plein droit une indemnité forfaitaire de"
    f" {RECOVERY:.0f} EUR pour frais de recouvrement."
)
DEBITS = "TVA acquittée sur les débits."
# What the law wants to read on each invoice, by its subject in Factur-X (UNTDID 4451): Code de commerce, L441-9 and L441-10.
NOTES = (("PMD", _PENALTIES), ("PMT", _RECOVERY), ("AAB", "Pas d'escompte pour paiement anticipé."))
_REASONS = {
    VatCategory.REVERSE_CHARGE: "Autoliquidation (CGI, article 283-2 ; directive 2006/112/CE, article 196).",
    VatCategory.OUTSIDE: "TVA non applicable (CGI, article 259-1).",
}

_NO_PRICE = "Hors du champ d'application de la TVA : indemnités de retard de paiement (CGI, article 256)."


@dataclass(frozen=True, slots=True)
class Document:
    """What is drawn, and written as XML."""

    reference: str
    kind: InvoiceKind
    dated: date
    seller: Seller
    buyer: Buyer
    lines: tuple[Line, ...]
    contract: str = ""
    first_day: date | None = None  # Of the period that is paid for.
    last_day: date | None = None
    corrects: str = ""  # The invoice of which a credit note takes something off.
    corrects_dated: date | None = None
    reason: str = ""  # Of a credit note.
    purpose: Purpose = Purpose.SERVICES

    @property
    def is_outside(self) -> bool:
        """Whether no tax reaches it at all: all of its lines are, or none is (BR-O-11)."""
        return all(each.vat.category is VatCategory.OUTSIDE for each in self.lines)

    @property
    def is_of_late_payment(self) -> bool:
        """Whether it asks for what is no price of anything (docs/decisions/0031)."""
        return self.purpose is Purpose.LATE_PAYMENT

    @property
    def is_credit(self) -> bool:
        """Whether it gives back."""
        return self.kind is InvoiceKind.CREDIT_NOTE

    @property
    def totals(self) -> Totals:
        """Of its lines."""
        return totals(self.lines)

    @property
    def payment_terms(self) -> str:
        """When it is to be paid (6-6), or that nothing is."""
        if self.is_credit:
            return f"Avoir à valoir sur la facture {self.corrects}."
        return (
            f"Règlement à {PAYABLE_DAYS} jours de la réception de la facture, soit le {due_on(self.dated):%d/%m/%Y}"
            " si elle est reçue le jour de sa date."
        )

    def exemption(self, vat: Vat) -> str:
        """Why no tax is asked; "" where it is."""
        if self.is_of_late_payment:
            return _NO_PRICE
        return self.buyer.why_exempt if vat.category is VatCategory.EXEMPT else _REASONS.get(vat.category, "")


def document_of(invoice: Invoice) -> Document:
    """Within the scope of its client."""
    corrects = invoice.corrects
    return Document(
        reference=invoice.reference,
        kind=InvoiceKind(invoice.kind),
        dated=invoice.dated,
        seller=read_seller(invoice.seller),
        buyer=read_buyer(invoice.buyer),
        lines=read_lines(invoice.lines),
        contract=invoice.contract.reference if invoice.contract else "",
        first_day=invoice.period_start,
        last_day=invoice.period_end,
        corrects=corrects.reference if corrects else "",
        corrects_dated=corrects.dated if corrects else None,
        reason=invoice.reason,
        purpose=Purpose(invoice.purpose),
    )
