from __future__ import annotations

import pytest

from ecluse.opening.flags import Flag
from tests.unit.opening.asking import opened
from tests.unit.opening.makers import compound, vba_project, zipped

KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"


def relations(*targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="r" Type="{KIND}{kind}" Target="{to}" TargetMode="External"/>' for kind, to in targets
    )
    return f"<Relationships>{rows}</Relationships>"


def docx(body: str = "<w:p><w:r><w:t>hello</w:t></w:r></w:p>", **parts: str | bytes) -> bytes:
    return zipped({
        "[Content_Types].xml": TYPES,
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="w"><w:body>{body}</w:body></w:document>',
        **{name.replace("__", "/"): content for name, content in parts.items()},
    })  # fmt: skip


def test_a_plain_document_has_nothing_but_text():
    file = opened(docx())
    assert (file.type, file.flags, file.external_links, file.embedded_objects, file.urls, file.error) == (
        "docx",
        (),
        (),
        (),
        (),
        "",
    )
    assert any("hello" in text for text in file.texts)


def test_links_to_click_are_urls_and_templates_elsewhere_are_loaded():
    links = relations(("hyperlink", "https://a.example/"), ("attachedTemplate", "https://b.example/t.dotm"))
    file = opened(docx(**{"word/_rels/document.xml.rels": links}))
    assert file.external_links == ("https://b.example/t.dotm",)
    assert set(file.urls) == {"https://a.example/", "https://b.example/t.dotm"}
    assert Flag.REMOTE_TEMPLATE in file.flags


def test_a_template_on_the_authors_own_disk_is_nothing():
    file = opened(
        docx(**{"word/_rels/settings.xml.rels": relations(("attachedTemplate", "file:///C:\\Users\\a\\N.dotm"))})
    )
    assert (file.external_links, file.flags) == ((), ())


def run(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


BEGIN, END = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


@pytest.mark.parametrize(
    "body",
    [
        BEGIN + run(" DDEAUTO c:\\\\x.exe a ") + END,
        BEGIN + "".join(map(run, (" D", "D", "EAU", "TO c a"))) + END,
        '<w:fldSimple w:instr=" DDE c a "/>',
        BEGIN + run("DDE ") + BEGIN + run(" QUOTE 99 109 100 ") + END + END,
        BEGIN + BEGIN + run(" QUOTE 68 68 69 65 85 84 79 ") + END + run(" c a") + END,
        BEGIN + run("dde &#99; a"),
    ],
)
def test_dde_is_found_however_it_is_cut_up(body):
    assert Flag.DDE in opened(docx(body)).flags


@pytest.mark.parametrize("text", ["PAGE", "TOC \\o", "HYPERLINK &quot;https://a.example/&quot;", "DDEX", "DATE"])
def test_fields_of_honest_documents_are_not_dde(text):
    assert Flag.DDE not in opened(docx(BEGIN + run(f" {text} ") + END)).flags


def test_macros_lie_in_a_part():
    project = compound(
        {path.removeprefix("Macros/"): data for path, data in vba_project("Sub a()\r\nb = 1\r\nEnd Sub").items()}
    )
    assert Flag.MACROS in opened(docx(**{"word/vbaProject.bin": project})).flags


def test_macro_sheets_and_dde_links_of_workbooks_are_told():
    workbook = {
        "[Content_Types].xml": TYPES,
        "xl/workbook.xml": '<workbook><sheets><sheet state="veryHidden"/></sheets></workbook>',
    }
    sheet = opened(
        zipped(
            {**workbook, "xl/macrosheets/sheet1.xml": "<macrosheet><c><f>EXEC(&quot;calc&quot;)</f></c></macrosheet>"}
        )
    )
    assert {Flag.MACROS, Flag.XLM_MACROS, Flag.HIDDEN_MACRO_SHEET, Flag.SUSPICIOUS_MACROS} <= set(sheet.flags)
    link = opened(
        zipped(
            {
                **workbook,
                "xl/externalLinks/externalLink1.xml": '<externalLink><ddeLink ddeService="cmd"/></externalLink>',
            }
        )
    )
    assert Flag.DDE in link.flags


def test_words_of_its_own_make_a_part_broken_and_are_never_expanded():
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><w:document>&b;</w:document>'
    file = opened(zipped({"[Content_Types].xml": TYPES, "word/document.xml": bomb}))
    assert file.error == "declares entities"


def test_parts_that_are_no_xml_are_read_by_their_tags():
    assert Flag.DDE in opened(docx(BEGIN + "<br>" + run(" DDE c a ") + END)).flags


def odt(content: str, **parts: str) -> bytes:
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, **parts})


def test_macros_links_and_encryption_of_opendocument_are_told():
    listener = '<office:d><script:event-listener script:event-name="dom:load" xlink:href="vnd.sun.star.script:a.py"/></office:d>'
    assert {Flag.MACROS, Flag.AUTO_MACROS} <= set(opened(odt(listener)).flags)
    assert Flag.MACROS in opened(odt("<a/>", **{"Basic/Standard/Module1.xml": "<m>Sub Main</m>"})).flags
    assert Flag.MACROS not in opened(odt("<a/>", **{"Basic/Standard/script-lb.xml": "<l/>"})).flags
    assert opened(odt('<d><draw:object xlink:href="https://a.example/x"/></d>')).external_links == (
        "https://a.example/x",
    )
    assert opened(odt('<d><text:a xlink:href="https://a.example/"/></d>')).external_links == ()
    assert opened(odt("<a/>", **{"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"})).is_encrypted


def test_flat_documents_are_read_with_what_is_packed_in_them():
    flat = b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument><w:binData>TVo=</w:binData>'
    file = opened(flat + b"<w:instrText> DDEAUTO a b</w:instrText></w:wordDocument>")
    assert file.type == "word-xml"
    assert Flag.DDE in file.flags
