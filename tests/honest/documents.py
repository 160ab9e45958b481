"""Documents as offices make them, written by the libraries that many programs use."""

from __future__ import annotations

import io
import random

import docx
import openpyxl
import pikepdf
import pptx
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.honest import wording
from tests.unit.opening.benign import project

FACTUR_X = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
<rsm:ExchangedDocument><ram:ID>{}</ram:ID></rsm:ExchangedDocument></rsm:CrossIndustryInvoice>"""


def photo(dice: random.Random, kind: str = "JPEG", width: int = 640) -> bytes:
    """A picture with noise, as cameras make them, and with the camera's EXIF."""
    small = Image.frombytes("RGB", (16, 12), dice.randbytes(16 * 12 * 3))
    image = small.resize((width, width * 3 // 4), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Camera", "Phone 12"
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return out.getvalue()


def scanned(dice: random.Random, kind: str) -> bytes:
    """Pages of a scanner as TIFF or PDF: black text on white."""
    pages = [scanned_page(dice) for _ in range(dice.randint(1, 3))]
    out = io.BytesIO()
    pages[0].save(out, kind, save_all=True, append_images=pages[1:])
    return out.getvalue()


def scanned_page(dice: random.Random) -> Image.Image:
    page = Image.new("1", (827, 1169), 1)
    draw = ImageDraw.Draw(page)
    for row in range(40, 1100, 28):
        draw.text((60, row), wording.sentence(dice), fill=0)
    return page


def word(dice: random.Random) -> bytes:
    document = docx.Document()
    document.core_properties.author = dice.choice(wording.NAMES)
    document.add_heading(wording.subject(dice))
    for paragraph in wording.letter(dice).split("\n\n"):
        document.add_paragraph(paragraph)
    table = document.add_table(3, 3)
    for row in table.rows:
        row.cells[0].text = wording.sentence(dice)
    document.add_picture(io.BytesIO(photo(dice, width=120)))
    return _saved(document.save)


def sheet(dice: random.Random) -> bytes:
    """A budget of openpyxl's: formulas, links, a list to choose from, a hidden sheet with its values."""
    book = openpyxl.Workbook()
    page = book.active
    for row in range(1, 40):
        page.append([wording.sentence(dice), dice.randrange(9_999), f"=B{row}*1.2"])
    page["D1"] = '=HYPERLINK("https://intranet.ateliers.example/budget","Budget")'
    page["D2"].hyperlink = "mailto:compta@ateliers.example"
    choice = DataValidation(type="list", formula1="lists!$A$1:$A$3")
    page.add_data_validation(choice)
    choice.add("E1:E40")
    lists = book.create_sheet("lists")
    lists.sheet_state = "hidden"
    for name in wording.NAMES[:3]:
        lists.append([name])
    return _saved(book.save)


def report(dice: random.Random) -> bytes:
    """A sheet of xlsxwriter's with a chart, as shops and banks export them."""
    return _written(dice, has_macros=False)


def macro_sheet(dice: random.Random) -> bytes:
    """A workbook whose macros add up and print."""
    return _written(dice, has_macros=True)


def _written(dice: random.Random, *, has_macros: bool) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Data")
        for row in range(30):
            page.write_row(row, 0, [wording.sentence(dice), dice.random() * 1_000, dice.randrange(50)])
        page.write_url("F1", "https://www.canal.example/aide")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Data!$B$1:$B$30"})
        page.insert_chart("F3", chart)
        if has_macros:
            book.add_vba_project(io.BytesIO(project(dice)), is_stream=True)
    return out.getvalue()


def slides(dice: random.Random) -> bytes:
    talk = pptx.Presentation()
    for _ in range(dice.randint(2, 8)):
        slide = talk.slides.add_slide(talk.slide_layouts[1])
        slide.shapes.title.text = wording.subject(dice)
        slide.placeholders[1].text = wording.sentence(dice)
        slide.shapes.add_picture(io.BytesIO(photo(dice, width=160)), 0, 0)
    return _saved(talk.save)


def invoice(dice: random.Random) -> bytes:
    """Lines, a total, a logo, a link to pay."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(wording.subject(dice))
    canvas.drawImage(ImageReader(io.BytesIO(photo(dice, "PNG", 96))), 40, 740)
    for row in range(dice.randint(5, 30)):
        canvas.drawString(40, 700 - row * 18, f"{wording.sentence(dice)[:60]} {dice.random() * 500:.2f} EUR")
    canvas.linkURL(f"https://paiement.canal.example/f/{dice.randrange(10**9)}", (40, 40, 200, 60))
    canvas.save()
    return out.getvalue()


def form(dice: random.Random) -> bytes:
    """A PDF with fields to fill in."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for row in range(dice.randint(3, 12)):
        canvas.drawString(40, 760 - row * 40, wording.sentence(dice)[:50])
        canvas.acroForm.textfield(name=f"field{row}", x=320, y=752 - row * 40, width=200, height=20)
    canvas.acroForm.checkbox(name="agreed", x=40, y=100)
    canvas.save()
    return out.getvalue()


def e_invoice(dice: random.Random) -> bytes:
    """An invoice that carries itself as data (Factur-X)."""
    return _repacked(invoice(dice), data=FACTUR_X.format(dice.randrange(10**6)).encode())


def locked(dice: random.Random) -> bytes:
    """Anybody may read it, nobody may change it: a payslip, a certificate."""
    return _repacked(invoice(dice), encryption=pikepdf.Encryption(owner="owner", user=""))


def closed_pdf(dice: random.Random, password: str) -> bytes:
    return _repacked(invoice(dice), encryption=pikepdf.Encryption(owner="owner", user=password))


def closed_sheet(dice: random.Random, password: str) -> bytes:
    """As Excel closes it: a compound file around the sheet ([MS-OFFCRYPTO])."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(report(dice))).encrypt(password, out)
    return out.getvalue()


def _repacked(octets: bytes, *, data: bytes = b"", encryption: pikepdf.Encryption | bool = False) -> bytes:
    with pikepdf.open(io.BytesIO(octets)) as document:
        if data:
            document.attachments["factur-x.xml"] = data
        out = io.BytesIO()
        document.save(out, encryption=encryption)
    return out.getvalue()


def _saved(save) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()
