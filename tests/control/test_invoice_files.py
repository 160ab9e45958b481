"""Files of invoices: XML that holds to all rules, drawn as an archive wants it, and kept as they were made."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pikepdf
import pypdfium2
import pytest
import time_machine
from django_scopes import scope
from facturx import get_facturx_xml_from_pdf
from structlog.testing import capture_logs
from weasyprint import HTML

from ecluse.adapters.invoices.factur_x import joined
from ecluse.adapters.invoices.pdf_a import pdf_a
from ecluse.adapters.invoices.rules import faults
from ecluse.control.audit.queries import entries
from ecluse.control.billing import copies, files, invoices
from ecluse.control.billing.cii import invoice_xml
from ecluse.control.billing.document import Document, document_of
from ecluse.control.billing.models import Invoice, InvoiceFile, InvoiceKind
from ecluse.control.billing.parties import PostalAddress
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.platform import deposit_due
from ecluse.control.billing.totals import Line, totals
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.invoice_files import draw
from ecluse.web.invoice_sheet import invoice_sheet
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.parties import BUYER, SELLER

ABROAD = replace(BUYER, siren="", vat_number="")
BUYERS = {
    "France": BUYER,
    "France, without a VAT number": replace(BUYER, vat_number="", order_reference="PO 7"),
    "overseas": replace(BUYER, address=PostalAddress("Rue 1", "97400", "Saint-Denis", "RE")),
    "Union": replace(ABROAD, address=PostalAddress("Rue 1", "1000", "Bruxelles", "BE"), vat_number="BE0428759497"),
    "outside": replace(ABROAD, address=PostalAddress("Gasse 1", "3000", "Bern", "CH")),
    "untaxed": replace(ABROAD, address=PostalAddress("Rue 1", "97300", "Cayenne", "GF")),
    "exempt": replace(BUYER, exempt_reason="Exonération, article 294-1 du CGI"),
}
SELLERS = {"a company": SELLER, "a person": replace(SELLER, capital=None, register="", taxed_on_debits=True)}


def document(buyer=BUYER, seller=SELLER, **changed):
    lines = (
        Line("Filtrage", Decimal(1), Decimal("1339.60"), buyer.vat),
        Line("Options", Decimal("2.5"), Decimal("0.3333"), buyer.vat),
        Line("Crédit 10-2", Decimal(-1), Decimal("10.00"), buyer.vat),
    )
    whole = Document(
        "F2026-00001",
        InvoiceKind.INVOICE,
        date(2026, 1, 31),
        seller,
        buyer,
        lines,
        "C000001",
        date(2026, 1, 20),
        date(2027, 1, 19),
    )
    return replace(whole, **changed)


def credit_note(buyer=BUYER):
    return document(
        buyer,
        reference="A2026-00001",
        kind=InvoiceKind.CREDIT_NOTE,
        first_day=None,
        last_day=None,
        corrects="F2026-00001",
        corrects_dated=date(2026, 1, 31),
        reason="Crédit selon 10-2",
    )


@pytest.mark.parametrize("buyer", BUYERS.values(), ids=BUYERS)
@pytest.mark.parametrize("seller", SELLERS.values(), ids=SELLERS)
def test_invoices_of_each_tax_hold_to_all_rules(buyer, seller):
    assert faults(invoice_xml(document(buyer, seller))) == ()


@pytest.mark.parametrize("buyer", BUYERS.values(), ids=BUYERS)
def test_so_do_credit_notes(buyer):
    assert faults(invoice_xml(credit_note(buyer))) == ()


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("GrandTotalAmount>1596.52", "GrandTotalAmount>1596.53", "BR-CO-15"),
        ("<ram:CalculatedAmount>266.09", "<ram:CalculatedAmount>266.10", "BR-CO-14"),
        ("LineTotalAmount>1339.60", "LineTotalAmount>1339.61", "BR-CO-10"),
        ("<ram:TaxBasisTotalAmount>1330.43", "<ram:TaxBasisTotalAmount>1330.42", "BR-CO-13"),
        ("DuePayableAmount>1596.52", "DuePayableAmount>1596.50", "BR-CO-16"),
        ("<ram:SubjectCode>PMD", "<ram:SubjectCode>AAI", "BR-FR-05"),
        ('schemeID="0002">732829320', 'schemeID="0002">73282932', "BR-FR-10"),
        ("ram:BasisAmount>", "ram:BaseAmount>", "schema"),
        ("</rsm:CrossIndustryInvoice>", "", "not XML"),
    ],
)
def test_what_is_wrong_fails(right, wrong, rule):
    xml = invoice_xml(document()).decode()
    assert right in xml
    found = faults(xml.replace(right, wrong).encode())
    assert any(rule in each for each in found), found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Percent>20.00<", "Percent>Dupont<"),
        ("<ram:ID>F2026-00001<", "<ram:ID>Dupont, 1 rue<"),
        ("<ram:Name>Options</ram:Name>", "<Dupont></ram:Name>"),
    ],
)
def test_15_8_what_is_wrong_is_told_without_what_stands_there(right, wrong):
    xml = invoice_xml(document()).decode()
    assert right in xml
    found = faults(xml.replace(right, wrong).encode())
    assert found
    assert "Dupont" not in str(found)


def test_a_wrong_total_is_never_drawn(monkeypatch):
    honest = document()
    monkeypatch.setattr(Document, "totals", property(lambda _: totals((*honest.lines, honest.lines[0]))))
    with pytest.raises(Impossible, match="BR-CO-10"):
        draw(honest)


def test_an_external_entity_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    xml = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]><x>&e;</x>'
    assert "secret" not in str(faults(xml.encode())).replace(tmp_path.name, "")


@pytest.fixture(scope="module")
def drawn(django_db_setup):
    """One file, for all that look at it."""
    return draw(document())


def test_people_read_what_the_law_wants(drawn):
    text = text_of(drawn)
    for said in (
        "Facture F2026-00001",
        "One & Fils <SARL>",
        "SIREN 404833048",
        "FR83404833048",
        "SAS au capital de 10 000,00 EUR, 732829320 RCS Toulouse",
        "SIRET 73282932000074",
        "31/01/2026",
        "du 20/01/2026 au 19/01/2027",
        "Prestation de services",
        "TVA 20 % sur 1 330,43 €",
        "1 596,52 €",
        "soit le 02/03/2026 si elle est reçue",
        "majoré de 10 points",
        "40 EUR",
        "Pas d'escompte",
        "FR7630006000011234567890189",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("Union", "Autoliquidation"),
        ("outside", "article 259-1"),
        ("untaxed", "CGI, article 294-1"),
        ("exempt", "article 294-1 du CGI"),
    ],
)
def test_why_no_tax_is_asked_stands_on_it(who, said):
    page = invoice_sheet(document(BUYERS[who]))
    assert said in page
    assert "TVA 0 % sur 1\N{NO-BREAK SPACE}330,43" in page


@pytest.mark.parametrize(
    ("price", "shown"),
    [("0.3333", "0,3333"), ("0.1250", "0,125"), ("1339.6", "1\N{NO-BREAK SPACE}339,60"), ("100", "100,00")],
)
def test_a_unit_price_is_shown_with_all_its_decimals_and_two_at_least(price, shown):
    line = Line("Options", Decimal(3), Decimal(price), BUYER.vat)
    assert f'<td class="n">{shown} €</td>' in invoice_sheet(document(lines=(line,)))


def test_a_credit_note_says_what_it_corrects_and_why():
    page = invoice_sheet(credit_note())
    assert "Avoir A2026-00001" in page
    assert "F2026-00001 du 31/01/2026" in page
    assert "Crédit selon 10-2" in page
    assert "pénalités" not in page


def test_programs_read_the_same_from_it(drawn):
    name, xml = get_facturx_xml_from_pdf(drawn, check_xsd=False)
    assert name == "factur-x.xml"
    assert xml == invoice_xml(document())
    assert fromstring(xml).tag.endswith("}CrossIndustryInvoice")


def test_it_is_the_archive_that_it_says_it_is(drawn):
    """What ISO 19005-3 asks of such a file, as far as its structure shows it."""
    assert drawn.startswith(b"%PDF-1.7\n%")
    with pikepdf.open(io.BytesIO(drawn)) as pdf:
        root = pdf.Root
        said = root.Metadata.read_bytes().decode()
        assert "<pdfaid:part>3<" in said
        assert "<pdfaid:conformance>B<" in said
        assert "<fx:ConformanceLevel>EN 16931<" in said
        assert "/Filter" not in root.Metadata
        assert "/ID" in pdf.trailer  # 6.1.3
        assert not {"/Encrypt", "/Info"} & set(pdf.trailer.keys())
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root.keys())
        (intent,) = root.OutputIntents
        assert (intent.S, intent.DestOutputProfile.N) == ("/GTS_PDFA1", 3)
        (attached,) = root.AF
        assert (attached.F, attached.AFRelationship) == ("factur-x.xml", "/Data")
        assert root.Names.EmbeddedFiles.Names[1] == attached
        assert attached.EF.F.Subtype == "/text/xml"
        assert all(is_embedded(font) for page in pdf.pages for font in page.Resources.Font.values())
        assert not any(page.get("/Annots") for page in pdf.pages)


def is_embedded(font):
    (below,) = font.DescendantFonts
    return (
        "/ToUnicode" in font
        and "DejaVu" in str(below.BaseFont)
        and bool({"/FontFile2", "/FontFile3"} & set(below.FontDescriptor.keys()))
    )


def test_a_plain_pdf_is_given_no_label():
    plain = HTML(string="<p>no archive").write_pdf()
    with pytest.raises(Impossible, match="colour profile"):
        joined(plain, invoice_xml(document()), title="t", author="a")


def test_nothing_is_fetched_for_a_page(tmp_path):
    picture = tmp_path / "picture.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="20">fetched</text></svg>')
    drawn = pdf_a(f'<p>page</p><img src="{picture.as_uri()}">')
    assert text_of(drawn).strip() == "page"


def text_of(pdf):
    pages = pypdfium2.PdfDocument(pdf)
    text = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").split())


@pytest.fixture
def invoice(db):
    with time_machine.travel(datetime(2026, 1, 20, 11, tzinfo=UTC), tick=False) as clock:
        contract = begun_contract()
        with scope(client=contract.client):
            clock.move_to(datetime(2026, 1, 31, 11, tzinfo=UTC))
            invoices.issue_due(datetime.now(UTC))
            yield Invoice.objects.get()


def test_the_file_of_an_invoice_is_made_once_with_its_sum_in_the_trail(invoice):
    assert files.file_of(invoice) is None
    assert files.make_files(lambda each: each.reference.encode()) == 1
    assert files.make_files(lambda _: b"another") == 0
    assert files.file_of(invoice) == b"F2026-00001"
    kept = InvoiceFile.objects.get()
    trail = [each.after for each in entries(invoice.client_id) if each.action == "invoice.drawn"]
    assert trail == [{"sha256": kept.sha256}]


def test_what_is_drawn_is_what_was_made_out(invoice):
    made = document_of(invoice)
    assert (made.lines, made.totals.gross) == (read_lines(invoice.lines), invoice.gross)
    assert (made.seller, made.buyer, made.contract) == (SELLER, BUYER, invoice.contract.reference)
    assert faults(invoice_xml(made)) == ()
    line = replace(made.lines[0], unit_price=Decimal("10.00"))
    note = document_of(invoices.credit(invoice, [line], "10-2", dated=date(2026, 2, 1), by=OPERATOR))
    assert (note.corrects, note.corrects_dated, note.reason) == (made.reference, made.dated, "10-2")
    assert faults(invoice_xml(note)) == ()


def test_a_file_that_was_changed_is_not_given_out(invoice):
    files.make_files(lambda _: b"made")
    InvoiceFile.objects.update(body=b"changed")
    with capture_logs() as logs:
        assert files.file_of(invoice) is None
        assert copies.send_copies(datetime.now(UTC), None) == 0
        assert deposit_due(None, datetime.now(UTC)) == 0
    assert {each["event"] for each in logs} == {"invoice file changed"}
    invoice.refresh_from_db()
    assert (invoice.sent_at, invoice.deposited_at) == (None, None)


@pytest.mark.parametrize(
    ("raised", "logged"), [(Impossible("BR-CO-15"), "BR-CO-15"), (ValueError("Dupont, 1 rue"), "ValueError")]
)
def test_one_that_cannot_be_drawn_keeps_no_other_from_being_made(invoice, raised, logged):
    line = replace(read_lines(invoice.lines)[0], unit_price=Decimal("10.00"))
    invoices.credit(invoice, [line], "10-2", dated=date(2026, 2, 1), by=OPERATOR)

    def draw_credit_notes(each):
        if not each.is_credit:
            raise raised
        return b"made"

    with capture_logs() as logs:
        assert files.make_files(draw_credit_notes) == 1
    assert [(each["event"], each["problem"]) for each in logs] == [("invoice not drawn", logged)]
    assert files.make_files(lambda _: b"made") == 1


def test_what_xml_cannot_write_is_a_space_in_it():
    odd = replace(BUYER, name="One\x01\x0b\ud800Fils")
    xml = invoice_xml(document(odd))
    assert "<ram:Name>One   Fils<" in xml.decode()
    assert faults(xml) == ()
