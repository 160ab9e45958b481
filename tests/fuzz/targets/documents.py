"""The openers of documents, pictures and pages: what they yield, in bounds, whatever the octets are."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import pikepdf
from PIL import Image

from ecluse.opening.budget import Budget, Exceeded, Limits
from ecluse.opening.documents.active_mime import open_active_mime
from ecluse.opening.documents.compressed_rtf import decompress_rtf
from ecluse.opening.documents.office_xml import open_office_xml
from ecluse.opening.documents.ole import open_compound
from ecluse.opening.documents.onenote import open_onenote
from ecluse.opening.documents.ooxml_relations import relation_pieces
from ecluse.opening.documents.rtf import open_rtf
from ecluse.opening.documents.tnef import open_tnef
from ecluse.opening.documents.vba import decompress
from ecluse.opening.guard import guarded
from ecluse.opening.pages.html import open_html
from ecluse.opening.pages.script import open_script
from ecluse.opening.pages.shortcut import open_lnk, open_shortcut
from ecluse.opening.pages.svg import open_svg
from ecluse.opening.pages.text import open_card, open_text
from ecluse.opening.pdf import open_pdf
from ecluse.opening.pictures.picture import open_picture
from ecluse.opening.pictures.qr import qr_in_html_table, qr_in_text
from ecluse.opening.pieces import Entry, File, Opener, QrText, Text, Url
from ecluse.opening.xml_events import DeclaresEntities
from tests.fuzz.target import Target
from tests.unit.opening.makers import compound, package, vba_container, vba_project

LIMITS = Limits(seconds=5.0, octets=4_194_304, free_octets=4_194_304)


def _examined(*openers: Opener) -> Callable[[bytes], None]:
    """A target that asks these openers: only `Exceeded` may come out, and only text and octets go up."""

    def examine(data: bytes) -> None:
        for opener in openers:
            budget = Budget(LIMITS, len(data))
            try:
                for piece in opener(File(data, "a.b", passwords=("x",)), budget):
                    _is_sound(piece)
            except Exceeded:
                continue

    return examine


def _is_sound(piece: object) -> None:
    if isinstance(piece, Entry):
        assert isinstance(piece.name, str)
        assert piece.content is None or isinstance(piece.content, bytes)
        assert len(piece.content or b"") <= LIMITS.octets
    elif isinstance(piece, Text | QrText):
        assert isinstance(piece.text, str)
    elif isinstance(piece, Url):
        assert isinstance(piece.url, str)


def _packed(data: bytes) -> None:
    assert len(decompress(data, 10_000)) <= 10_000
    assert len(decompress_rtf(data, 10_000)) <= 10_000
    assert decompress(vba_container(data), len(data)) == data, "literals were lost"


def _relations(data: bytes) -> None:
    try:
        list(relation_pieces(data, Budget(LIMITS, len(data))))
    except (DeclaresEntities, Exceeded):
        return


def _drawn_codes(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert all(isinstance(code, str) for code in (*qr_in_text(text), *qr_in_html_table(text)))


def _pdf() -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page(page_size=(40, 40))
    document.Root["/OpenAction"] = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    document.attachments["a.txt"] = b"attached"
    document.save(out)
    return out.getvalue()


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (32, 32), 200).save(out, kind)
    return out.getvalue()


_COMPOUND = compound(
    {
        **vba_project('Sub AutoOpen()\r\nShell "a"\r\nEnd Sub\r\n'),
        "WordDocument": b"\x13 DDE a b \x14\x15",
        "Workbook": b"\x85\0\x09\0\0\0\0\0\x02\x01\x01\0m",
        "O/\x01Ole10Native": b"\x20\0\0\0" + package("a.exe", b"MZ"),
    }
)
_TNEF = b"\x78\x9f\x3e\x22\1\0" + b"\x02\x02\x90\x06\0\x04\0\0\0abcd\0\0" + b"\x02\x10\x80\x01\0\x02\0\0\0a\0\0\0"
_NOTE = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3e716e3bd65261145a4c48d4d0b7a9eac") + b"\3" + b"\0" * 19 + b"abc"
_RTF = b"{\\rtf1{\\object\\objupdate{\\*\\objdata 0105000002000000080000005061636b61676500}}{\\*\\template http://a}}"
_XML = (
    b"<?xml version=\"1.0\"?><w:wordDocument><w:instrText> DDE </w:instrText><f>a|'b'!c</f>"
    b'<w:binData>QQ==</w:binData><Relationship TargetMode="External" Type="a/oleObject" Target="http://x/"/></w:wordDocument>'
)
_HTML = b"<table><tr><td bgcolor=#000>1</td></tr></table><script>var a=atob('QUFB'+'QUFB')</script><a href='data:,a'>x"
_SVG = (
    b'<svg onload="a()"><path d="M0 0h9v9z m1 1L2 2"/><rect x="1" y="1" width="2" height="2"/><script>1</script></svg>'
)
_LNK = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\xff\0\0\0" + b"\0" * 52 + b"\x02\0ab" + b"\x01\0c\0"

TARGETS = (
    Target("compound", _examined(open_compound), (_COMPOUND,), 65_536),
    Target("packed", _packed, (vba_container(b"Attribute VB_Name"), b"\x0f\0\0\0\x20\0\0\0LZFu\0\0\0\0\0abcdefgh")),
    Target("rtf", _examined(open_rtf), (_RTF,)),
    Target("tnef", _examined(open_tnef), (_TNEF,)),
    Target("onenote", _examined(open_onenote), (_NOTE,)),
    Target("office-xml", _examined(open_office_xml), (_XML,)),
    Target("relations", _relations, (_XML,)),
    Target("active-mime", _examined(open_active_mime), (b"ActiveMime" + b"\0" * 40 + b"x\x9cKL\x04\0\x01\x83\0\xc3",)),
    Target("pdf", _examined(partial(guarded, open_pdf)), (_pdf(),), 16_384),
    Target(
        "picture",
        _examined(partial(guarded, open_picture)),
        tuple(map(_picture, ("PNG", "GIF", "BMP", "JPEG", "TIFF"))),
        16_384,
    ),
    Target("page", _examined(open_html, open_svg, open_script, open_text, open_card), (_HTML, _SVG)),
    Target("shortcut", _examined(open_lnk, open_shortcut), (_LNK, b"[InternetShortcut]\r\nURL=file://a\r\n")),
    Target("drawn-codes", _drawn_codes, ("█▀ ▄█\n".encode() * 30, _HTML)),
)
