"""An invoice as Factur-X carries it: Cross Industry Invoice, profile EN 16931, as France's platforms want it (BR-FR)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, register_namespace, tostring

from ecluse.control.billing.document import NOTES, Document
from ecluse.control.billing.parties import Buyer, PostalAddress, Seller
from ecluse.control.billing.totals import Line, Totals, Vat, VatCategory, VatSum
from ecluse.domain.printable import printable

_PROFILE = "urn:cen.eu:en16931:2017"
_SERVICES = "S1"  # BT-23: a service is invoiced, and not paid yet.
_CURRENCY = "EUR"
_ONE = "C62"  # A unit that is none (UN/ECE recommendation 20).
_TRANSFER = "30"  # UNTDID 4461.
_SIREN, _SIREN_MAILBOX, _MAIL = "0002", "0225", "EM"  # ISO 6523; where a platform delivers; an e-mail address.
_ON_DEBITS, _ON_PAYMENT = "5", "72"  # UNTDID 2475: when the tax falls due.
# VATEX: the reasons that have a code; others stand in words alone.
_REASON_CODES = {VatCategory.REVERSE_CHARGE: "VATEX-EU-AE", VatCategory.OUTSIDE: "VATEX-EU-O"}
_NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
for _prefix, _name in _NAMES.items():
    register_namespace(_prefix, _name)

Inside = Element | str | None


def invoice_xml(document: Document) -> bytes:
    """The XML of it, in UTF-8."""
    trade = _of("SupplyChainTradeTransaction", *_lines(document), *_header(document), space="rsm")
    root = _of("CrossIndustryInvoice", _context(), _exchanged(document), trade, space="rsm")
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _context() -> Element:
    return _of(
        "ExchangedDocumentContext",
        _of("BusinessProcessSpecifiedDocumentContextParameter", _of("ID", _SERVICES)),
        _of("GuidelineSpecifiedDocumentContextParameter", _of("ID", _PROFILE)),
        space="rsm",
    )


def _exchanged(document: Document) -> Element:
    notes = [*NOTES, ("REG", document.seller.registered)]
    if document.reason:
        notes.append(("AAI", document.reason))
    return _of(
        "ExchangedDocument",
        _of("ID", document.reference),
        _of("TypeCode", document.kind.value),
        _of("IssueDateTime", _day(document.dated)),
        *(_of("IncludedNote", _of("Content", text), _of("SubjectCode", code)) for code, text in notes if text),
        space="rsm",
    )


def _lines(document: Document) -> Iterator[Element]:
    for number, line in enumerate(document.lines, 1):
        yield _of(
            "IncludedSupplyChainTradeLineItem",
            _of("AssociatedDocumentLineDocument", _of("LineID", str(number)), _note(line)),
            _of("SpecifiedTradeProduct", _of("Name", line.text)),
            _of(
                "SpecifiedLineTradeAgreement",
                _of("NetPriceProductTradePrice", _of("ChargeAmount", f"{line.unit_price:f}")),
            ),
            _of("SpecifiedLineTradeDelivery", _of("BilledQuantity", f"{line.quantity:f}", unitCode=_ONE)),
            _line_settlement(line),
        )


def _note(line: Line) -> Element | None:
    return _of("IncludedNote", _of("Content", line.note)) if line.note else None


def _line_settlement(line: Line) -> Element:
    return _of(
        "SpecifiedLineTradeSettlement",
        _of("ApplicableTradeTax", _of("TypeCode", "VAT"), _of("CategoryCode", line.vat.category), _rate(line.vat)),
        _of("SpecifiedTradeSettlementLineMonetarySummation", _of("LineTotalAmount", str(line.net))),
    )


def _header(document: Document) -> Iterator[Element]:
    buyer = document.buyer
    yield _of(
        "ApplicableHeaderTradeAgreement",
        _seller(document.seller, is_outside=document.is_outside),
        _buyer(buyer, is_outside=document.is_outside),
        _reference("BuyerOrderReferencedDocument", buyer.order_reference),
        _reference("ContractReferencedDocument", document.contract),
    )
    yield _of("ApplicableHeaderTradeDelivery")
    yield _settlement(document)


def _seller(seller: Seller, *, is_outside: bool) -> Element:
    # What no tax reaches must name no VAT number, of either party (BR-O-2).
    return _of(
        "SellerTradeParty",
        _of("Name", seller.name),
        _of("SpecifiedLegalOrganization", _of("ID", seller.siren, schemeID=_SIREN)),
        _of(
            "DefinedTradeContact",
            _of("PersonName", seller.name),
            _of("TelephoneUniversalCommunication", _of("CompleteNumber", seller.phone)),
            _of("EmailURIUniversalCommunication", _of("URIID", seller.email)),
        ),
        _address(seller.address),
        _of("URIUniversalCommunication", _of("URIID", seller.siren, schemeID=_SIREN_MAILBOX)),
        _tax_number("" if is_outside else seller.vat_number),
    )


def _buyer(buyer: Buyer, *, is_outside: bool) -> Element:
    mailbox = (buyer.siren, _SIREN_MAILBOX) if buyer.is_french else (buyer.invoices_to, _MAIL)
    return _of(
        "BuyerTradeParty",
        _of("Name", buyer.name),
        _of("SpecifiedLegalOrganization", _of("ID", buyer.siren, schemeID=_SIREN)) if buyer.siren else None,
        _address(buyer.address),
        _of("URIUniversalCommunication", _of("URIID", mailbox[0], schemeID=mailbox[1])),
        _tax_number("" if is_outside else buyer.vat_number),
    )


def _address(address: PostalAddress) -> Element:
    return _of(
        "PostalTradeAddress",
        _of("PostcodeCode", address.postcode),
        _of("LineOne", address.street),
        _of("LineTwo", address.more) if address.more else None,
        _of("CityName", address.city),
        _of("CountryID", address.country),
    )


def _settlement(document: Document) -> Element:
    seller, sums = document.seller, document.totals
    return _of(
        "ApplicableHeaderTradeSettlement",
        _of("PaymentReference", document.reference),
        _of("InvoiceCurrencyCode", _CURRENCY),
        _of(
            "SpecifiedTradeSettlementPaymentMeans",
            _of("TypeCode", _TRANSFER),
            _of("PayeePartyCreditorFinancialAccount", _of("IBANID", seller.iban)),
            _of("PayeeSpecifiedCreditorFinancialInstitution", _of("BICID", seller.bic)),
        ),
        *(_tax(each, document) for each in sums.by_rate),
        _period(document),
        _of("SpecifiedTradePaymentTerms", _of("Description", document.payment_terms)),
        _sums(sums),
        _corrected(document),
    )


def _tax(taxed: VatSum, document: Document) -> Element:
    reason, code = document.exemption(taxed.vat), _REASON_CODES.get(taxed.vat.category)
    due = _ON_DEBITS if document.seller.taxed_on_debits else _ON_PAYMENT
    return _of(
        "ApplicableTradeTax",
        _of("CalculatedAmount", str(taxed.tax)),
        _of("TypeCode", "VAT"),
        _of("ExemptionReason", reason) if reason else None,
        _of("BasisAmount", str(taxed.net)),
        _of("CategoryCode", taxed.vat.category),
        _of("ExemptionReasonCode", code) if code else None,
        _of("DueDateTypeCode", due) if taxed.vat.category is VatCategory.STANDARD else None,
        _rate(taxed.vat),
    )


def _sums(sums: Totals) -> Element:
    return _of(
        "SpecifiedTradeSettlementHeaderMonetarySummation",
        _of("LineTotalAmount", str(sums.net)),
        _of("TaxBasisTotalAmount", str(sums.net)),
        _of("TaxTotalAmount", str(sums.tax), currencyID=_CURRENCY),
        _of("GrandTotalAmount", str(sums.gross)),
        _of("DuePayableAmount", str(sums.gross)),
    )


def _period(document: Document) -> Element | None:
    if document.first_day is None or document.last_day is None:
        return None
    start, end = _of("StartDateTime", _day(document.first_day)), _of("EndDateTime", _day(document.last_day))
    return _of("BillingSpecifiedPeriod", start, end)


def _corrected(document: Document) -> Element | None:
    if document.corrects_dated is None:
        return None
    dated = _of("FormattedIssueDateTime", _day(document.corrects_dated, space="qdt"))
    return _of("InvoiceReferencedDocument", _of("IssuerAssignedID", document.corrects), dated)


def _reference(name: str, text: str) -> Element | None:
    return _of(name, _of("IssuerAssignedID", text)) if text else None


def _tax_number(number: str) -> Element | None:
    return _of("SpecifiedTaxRegistration", _of("ID", number, schemeID="VA")) if number else None


def _rate(vat: Vat) -> Element | None:
    """None where there is no rate at all (BR-O-5)."""
    return None if vat.category is VatCategory.OUTSIDE else _of("RateApplicablePercent", f"{vat.percent:.2f}")


def _day(day: date, *, space: str = "udt") -> Element:
    return _of("DateTimeString", f"{day:%Y%m%d}", space=space, format="102")


def _of(name: str, *inside: Inside, space: str = "ram", **attributes: str) -> Element:
    """An element with what is in it; None is left out."""
    element = Element(f"{{{_NAMES[space]}}}{name}", attributes)
    for each in inside:
        if isinstance(each, str):
            element.text = printable(each)  # XML has no way to write what is none of it.
        elif each is not None:
            element.append(each)
    return element
