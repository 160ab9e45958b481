"""Files as honest people send them: made anew from a seed, with the real libraries, one kind a function."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

import pikepdf
import zxingcpp
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from tests.unit.opening.makers import compound, vba_project, zipped

WORDS = [
    "invoice",
    "meeting",
    "please",
    "agenda",
    "total",
    "order",
    "delivery",
    "thanks",
    "report",
    "minutes",
    "budget",
    "project",
    "contract",
    "facture",
]
TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MACROS = (
    'Private Sub Workbook_Open()\r\n  Sheets("Data").Activate\r\nEnd Sub\r\n',
    "Sub Total()\r\n  Dim i As Long\r\n  For i = 1 To 10\r\n    Cells(i, 3) = Cells(i, 1) * Cells(i, 2)\r\n  Next\r\nEnd Sub\r\n",
    'Sub PrintAll()\r\n  ActiveDocument.PrintOut\r\n  MsgBox "Done"\r\nEnd Sub\r\n',
)


def sentence(dice: random.Random, count: int = 12) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(count)).capitalize() + "."


def picture(dice: random.Random, kind: str = "PNG") -> bytes:
    image = Image.new("RGB", (dice.randint(30, 300), dice.randint(30, 200)), (dice.randrange(256), 90, 200))
    ImageDraw.Draw(image).text((5, 5), sentence(dice, 3), fill="white")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def code(_dice: random.Random) -> bytes:
    shown = zxingcpp.create_barcode("https://shop.example/menu", zxingcpp.BarcodeFormat.QRCode).to_image(scale=5)
    out = io.BytesIO()
    Image.fromarray(shown).save(out, "PNG")
    return out.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    rows = (f'<Relationship Id="r" Type="{KIND}{kind}" Target="{to}" TargetMode="External"/>' for kind, to in targets)
    return f"<Relationships>{''.join(rows)}</Relationships>"


def field(instruction: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{instruction}</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def project(dice: random.Random) -> bytes:
    return compound({path.removeprefix("Macros/"): data for path, data in vba_project(dice.choice(MACROS)).items()})


def docx(dice: random.Random, **more: str | bytes) -> bytes:
    fields = "".join(
        map(field, dice.sample((" PAGE ", " DATE \\@ d.M.yy", " TOC \\o 1-3 ", ' HYPERLINK "https://a.example/" '), 2))
    )
    body = "".join(f"<w:p><w:r><w:t>{sentence(dice)}</w:t></w:r></w:p>" for _ in range(dice.randint(1, 20)))
    links = relations(
        ("hyperlink", "https://shop.example/"), ("attachedTemplate", "file:///C:\\Templates\\Letter.dotx")
    )
    return zipped({
        "[Content_Types].xml": TYPES,
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="w"><w:body>{body}<w:p>{fields}</w:p></w:body></w:document>',
        "word/_rels/document.xml.rels": links,
        "word/media/image1.png": picture(dice),
        **more,
    })  # fmt: skip


def docm(dice: random.Random) -> bytes:
    return docx(dice, **{"word/vbaProject.bin": project(dice)})


def xlsx(dice: random.Random, **more: str | bytes) -> bytes:
    cells = "".join(f"<c><f>SUM(A{row}:B{row})</f><v>{dice.randrange(999)}</v></c>" for row in range(1, 30))
    return zipped({
        "[Content_Types].xml": TYPES,
        "xl/workbook.xml": '<workbook><sheets><sheet name="a"/><sheet name="lists" state="hidden"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet>{cells}<c><f>HYPERLINK("https://a.example/","a")</f></c></worksheet>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": relations(("externalLinkPath", "Budget%202026.xlsx")),
        **more,
    })  # fmt: skip


def xlsm(dice: random.Random) -> bytes:
    return xlsx(dice, **{"xl/vbaProject.bin": project(dice)})


def pptx(dice: random.Random) -> bytes:
    slides = {f"ppt/slides/slide{n}.xml": f"<p:sld><a:t>{sentence(dice)}</a:t></p:sld>" for n in range(1, 6)}
    chart = {"ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": xlsx(dice), "ppt/media/image1.jpeg": picture(dice, "JPEG")}
    return zipped({"[Content_Types].xml": TYPES, "ppt/presentation.xml": "<p:presentation/>", **slides, **chart})


def doc(dice: random.Random) -> bytes:
    text = (sentence(dice, 60) + '\r\x13 PAGE \x141\x15\r\x13 HYPERLINK "https://a.example/" \x14a\x15').encode(
        "cp1252"
    )
    macros = vba_project(dice.choice(MACROS)) if dice.random() < 0.5 else {}
    return compound(
        {"WordDocument": b"\0" * 512 + text, "1Table": b"\0" * 900, "Data": b"\0" * 80 + picture(dice), **macros}
    )


def odt(dice: random.Random) -> bytes:
    content = (
        f'<office:d><text:p>{sentence(dice)}</text:p><text:a xlink:href="https://a.example/">a</text:a></office:d>'
    )
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "META-INF/manifest.xml": "<m/>",
        "Basic/script-lc.xml": "<l/>",
    })  # fmt: skip


def rtf(dice: random.Random) -> bytes:
    image = picture(dice).hex()
    link = '{\\field{\\*\\fldinst HYPERLINK "https://a.example/"}{\\fldrslt a}}'
    return f"{{\\rtf1\\ansi {sentence(dice, 40)}\\par {link}{{\\pict\\pngblip {image}}}}}".encode("ascii")


def pdf(dice: random.Random) -> bytes:
    document = pikepdf.new()
    for _ in range(dice.randint(1, 5)):
        document.add_blank_page(page_size=(595, 842))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://a.example/")))
    annotations = [document.make_indirect(link)]
    if dice.random() < 0.5:  # A form that computes its sum, and can be sent.
        script = Dictionary(S=Name.JavaScript, JS=String('AFSimple_Calculate("SUM", ["a", "b"]);'))
        send = Dictionary(S=Name.SubmitForm, F=Dictionary(FS=Name.URL, F=String("https://a.example/form")))
        text = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), AA=Dictionary(C=script), A=send
        )
        annotations.append(document.make_indirect(text))
        document.Root["/AcroForm"] = Dictionary(Fields=Array(annotations[1:]))
    if dice.random() < 0.5:
        document.attachments["factur-x.xml"] = b"<?xml version='1.0'?><rsm:CrossIndustryInvoice/>"
    page = document.pages[0].obj
    if dice.random() < 0.5:
        document.Root["/OpenAction"] = Array([page, Name.Fit])
    page["/Annots"] = Array(annotations)
    out = io.BytesIO()
    closed = pikepdf.Encryption(owner="owner", user="") if dice.random() < 0.2 else False
    document.save(out, encryption=closed)
    return out.getvalue()


def calendar(dice: random.Random) -> bytes:
    return f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:{sentence(dice)} https://meet.example/j\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()


def table(dice: random.Random) -> bytes:
    rows = (f"{dice.choice(WORDS)};{dice.randrange(999)};-{dice.randrange(99)};=SUM(A1:A9);a|b\r\n" for _ in range(40))
    return "".join(rows).encode()


def newsletter(dice: random.Random) -> bytes:
    cells = "".join(f"<td bgcolor=#fff>{sentence(dice, 3)}</td>" for _ in range(9))
    return f"<html><body><table><tr>{cells}</tr></table><a href='https://a.example/'>more</a></body></html>".encode()


def web_report(dice: random.Random) -> bytes:
    data = [dice.randrange(255) for _ in range(300)]
    script = f"var d={data};function save(){{var b=new Blob([JSON.stringify(d)]);a.href=URL.createObjectURL(b);a.download='d.json';a.click()}}"
    return f"<html><body><script>{script}</script><button onclick=save()>save</button></body></html>".encode()


def logo(dice: random.Random) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h{dice.randint(1, 90)}v9z"/></svg>'.encode()


def archive(dice: random.Random) -> bytes:
    return zipped(
        {
            "offer.docx": docx(dice),
            "plan.pdf": pdf(dice),
            "offer.docx.p7s": dice.randbytes(900),
            "photo.jpg": picture(dice, "JPEG"),
        }
    )


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "letter.docx": docx, "form.docm": docm, "plan.xlsx": xlsx, "tool.xlsm": xlsm, "talk.pptx": pptx, "letter.doc": doc,
    "letter.odt": odt, "letter.rtf": rtf, "invoice.pdf": pdf, "photo.png": picture, "menu.png": code,
    "photo.jpg": lambda dice: picture(dice, "JPEG"), "photo.gif": lambda dice: picture(dice, "GIF"),
    "scan.tif": lambda dice: picture(dice, "TIFF"), "invite.ics": calendar, "list.csv": table, "news.html": newsletter,
    "report.html": web_report, "logo.svg": logo, "offer.zip": archive,
}  # fmt: skip


def benign_files(each: int) -> Iterator[tuple[str, bytes]]:
    """So many of each kind: name and octets."""
    for name, make in KINDS.items():
        for number in range(each):
            yield name, make(random.Random(f"{name} {number}"))
