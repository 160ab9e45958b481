from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from ecluse.opening.flags import Flag
from tests.unit.opening.asking import opened


def pdf(root: dict[str, object] | None = None, annotation: Dictionary | None = None, **saving: object) -> bytes:
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(300, 300))
    if annotation is not None:
        page.obj["/Annots"] = Array([document.make_indirect(annotation)])
    for key, value in (root or {}).items():
        document.Root[key] = value
    out = io.BytesIO()
    document.save(out, **saving)
    return out.getvalue()


def acting(action: dict[str, object]) -> Dictionary:
    return Dictionary({f"/{key}": value for key, value in action.items()})


def link(**action: object) -> Dictionary:
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=acting(action))


def test_a_plain_document_has_nothing_to_say():
    file = opened(pdf())
    assert (file.type, file.flags, file.urls, file.error, file.is_encrypted) == ("pdf", (), (), "", False)


def test_links_are_urls_also_from_compressed_objects():
    found = opened(
        pdf(
            annotation=link(S=Name.URI, URI=String("https://x.example/a")),
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    )
    assert found.urls == ("https://x.example/a",)


@pytest.mark.parametrize(
    ("action", "flag"),
    [
        ({"S": Name.Launch, "F": String("calc.exe")}, Flag.PDF_LAUNCH),
        ({"S": Name.JavaScript, "JS": String("app.alert(1)")}, Flag.PDF_JAVASCRIPT),
        ({"S": Name.SubmitForm, "F": String("http://x.example/post")}, Flag.PDF_SUBMIT),
        ({"S": Name.GoToR, "F": String("\\\\192.0.2.1\\a\\b.pdf")}, Flag.PDF_REMOTE),
    ],
)
def test_actions_are_told_and_whether_they_start_by_themselves(action, flag):
    assert flag in opened(pdf(annotation=link(**action))).flags
    by_itself = opened(pdf({"/OpenAction": acting(action)})).flags
    assert flag in by_itself
    assert (Flag.PDF_AUTO_ACTION in by_itself) == (action["S"] != Name.GoToR)


def test_a_document_that_opens_at_a_page_does_nothing_by_itself():
    assert opened(pdf({"/OpenAction": Dictionary(S=Name.GoTo, D=String("here"))})).flags == ()


def test_embedded_files_are_members():
    document = pikepdf.new()
    document.add_blank_page()
    document.attachments["bill.exe"] = b"MZ" + b"\0" * 62 + b"PE\0\0" + b"\0" * 90
    out = io.BytesIO()
    document.save(out)
    file = opened(out.getvalue())
    assert [member.path for member in file.members] == [("bill.exe",)]
    assert {Flag.EXECUTABLE, Flag.PDF_EMBEDDED_FILE} <= set(file.flags)


def test_a_file_for_each_system_is_a_member_each():
    document = pikepdf.new()
    document.add_blank_page()
    harmless, other = document.make_stream(b"Bonjour"), document.make_stream(b"MZ" + bytes(200))
    packed = Dictionary(F=harmless, UF=harmless, Unix=other)
    file = document.make_indirect(Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=packed))
    document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=pikepdf.Array([String("a"), file])))
    out = io.BytesIO()
    document.save(out)
    assert [(member.path, member.size) for member in opened(out.getvalue()).members] == [
        (("a.txt",), 7),
        (("a.txt",), 202),
    ]


def test_a_document_behind_a_password_needs_it():
    closed = pdf(
        annotation=link(S=Name.URI, URI=String("https://x.example/a")),
        encryption=pikepdf.Encryption(owner="o", user="u"),
    )
    assert opened(closed).is_encrypted
    assert opened(closed, "a.pdf", "wrong", "u").urls == ("https://x.example/a",)
    assert not opened(closed, "a.pdf", "u").is_encrypted


def test_a_document_that_anybody_may_open_is_read():
    anybody = pdf(
        annotation=link(S=Name.URI, URI=String("https://x.example/a")),
        encryption=pikepdf.Encryption(owner="o", user=""),
    )
    assert opened(anybody).urls == ("https://x.example/a",)
    assert not opened(anybody).is_encrypted


def test_octets_before_the_header_do_not_hide_it():
    file = opened(b"junk\n" * 20 + pdf(annotation=link(S=Name.URI, URI=String("https://x.example/a"))))
    assert file.urls == ("https://x.example/a",)
    assert Flag.PREPENDED in file.flags


def test_what_cannot_be_read_is_broken_and_still_shows_what_stands_plainly():
    file = opened(b"%PDF-1.7\n1 0 obj <</S/La#75nch/URI(http://x.example/)>> endobj\n" + b"\xff" * 50)
    assert Flag.PDF_LAUNCH in file.flags
    assert "http://x.example/" in file.urls
    assert file.error


@pytest.mark.parametrize("cut", range(0, 700, 61))
def test_no_cut_raises(cut):
    assert opened(pdf()[:cut]).type
