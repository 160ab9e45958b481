"""Our letters: what the `email` package reads in them is what was written, and every octet passes every server."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.wire.letters import MAX_LINE, Attached, Letter, octets_of

ID = "0" * 31 + "1"
LETTER = Letter(
    "Écluse", "quarantine@console.example", "ann@one.example", "3 messages are held", "Hello.\n\n.\nFrom here\n"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n=. é"), max_size=400)


def written(**changed):
    octets = octets_of(replace(LETTER, **changed), ID, 1_764_000_000.0)
    assert octets.isascii()
    assert not set(b"\r\n") & set(octets.replace(b"\r\n", b""))
    assert max(map(len, octets.split(b"\r\n"))) <= MAX_LINE
    return message_from_bytes(octets, policy=policy.default)


def text_of(part):
    return part.get_payload(decode=True).decode().replace("\r\n", "\n")


def lines(text):
    return "".join(f"{line}\n" for line in text.splitlines())


def test_plain_words_stay_as_they_are():
    mail = written()
    assert str(mail["From"]) == "Écluse <quarantine@console.example>"
    assert (mail["To"], mail["Subject"]) == ("ann@one.example", "3 messages are held")
    assert mail["Message-ID"] == f"<{ID}@console.example>"
    assert mail["Content-Transfer-Encoding"] == "7bit"
    assert text_of(mail) == LETTER.text


@given(TEXTS, TEXTS)
def test_whatever_is_said_is_what_is_read(text, page):
    mail = written(text=text, page=page or "<p>")
    plain, html = mail.iter_parts()
    assert (mail.get_content_type(), html.get_content_type()) == ("multipart/alternative", "text/html")
    assert (text_of(plain), text_of(html)) == (lines(text), lines(page or "<p>"))
    assert mail.defects == []


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=200))
def test_a_subject_is_read_as_it_was_and_ends_no_field(subject):
    mail = written(subject=subject)
    assert str(mail["Subject"]).split() == "".join(c if c.isprintable() else " " for c in subject).split()
    assert len(mail.keys()) == 8


@pytest.mark.parametrize("ends", ["\r\nBcc: eve@e.example", "\nBcc: eve@e.example", "é\r\n\r\nbody", "\u2028x"])
def test_no_value_begins_another_field(ends):
    mail = written(subject=f"a{ends}", name=f"b{ends}", recipient=f"ann@one.example{ends}", fields=(("X-A", ends),))
    assert mail["Bcc"] is None
    assert text_of(mail) == LETTER.text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=200), st.binary())
def test_whatever_is_attached_comes_as_it_was_under_its_own_name(name, octets):
    mail = written(attached=(Attached(name, octets), Attached("b.pdf", b"%PDF")), file=b"%PDF-1", file_name="a.pdf")
    words, bill, one, two = mail.iter_parts()
    assert (mail.get_content_type(), text_of(words)) == ("multipart/mixed", LETTER.text)
    assert one.get_filename().split() == "".join(c if c.isprintable() else " " for c in name).split()
    assert one.get_payload(decode=True) == octets
    assert [each.get_filename() for each in (bill, two)] == ["a.pdf", "b.pdf"]


def test_long_lines_and_far_alphabets_are_encoded_the_shorter_way():
    assert written(text="x" * 2_000)["Content-Transfer-Encoding"] == "quoted-printable"
    assert (
        written(text="Un message est retenu pour vous, et personne ne le sait, sauf Hélène. " * 40)[
            "Content-Transfer-Encoding"
        ]
        == "quoted-printable"
    )
    assert written(text="日本語" * 400)["Content-Transfer-Encoding"] == "base64"


def test_a_picture_belongs_to_the_page():
    mail = written(page='<img src="cid:a@b">', picture=b"\x89PNG\r\n" + bytes(range(256)), picture_id="a@b")
    assert mail.get_content_type() == "multipart/related"
    both, picture = mail.iter_parts()
    assert both.get_content_type() == "multipart/alternative"
    assert (picture["Content-ID"], picture.get_payload(decode=True)[:6]) == ("<a@b>", b"\x89PNG\r\n")


@pytest.mark.parametrize("page", ["", "<p>page</p>"])
def test_a_file_comes_with_it(page):
    mail = written(page=page, file=bytes(range(256)), file_name="F2026-00001.pdf")
    assert mail.get_content_type() == "multipart/mixed"
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("F2026-00001.pdf", "application/pdf")
    assert file.get_payload(decode=True) == bytes(range(256))
    assert text_of(mail.get_body(("plain",))) == LETTER.text
