"""A mail to support, read: who, what, which thread, which files; within bounds, whatever its octets."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.domain.received_report import ReportMail
from ecluse.domain.support_mail import MAX_FILE_OCTETS, MAX_FILES, MAX_SUBJECT, MAX_TEXT
from ecluse.wire.support_mail import support_mail_in

PLAIN = b"From: Ann Lee <Ann@One.example>\r\nSubject: =?utf-8?q?Courrier_en_retard_=C3=A9?=\r\nMessage-ID: <m1@one.example>\r\n"


def read(octets, proven="one.example", *, is_bounce=False):
    return support_mail_in(MemoryContent(octets), ReportMail("m" * 32, "Provider", 12.0, proven, is_bounce))


def mail(fields=b"", body=b"Since noon.\r\n", head=PLAIN):
    return head + fields + b"\r\n" + body


def multipart(*parts, kind=b"mixed"):
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return mail(b'MIME-Version: 1.0\r\nContent-Type: multipart/%s; boundary="b"\r\n' % kind, inside + b"--b--\r\n")


def attached(octets, name=b"shot.png", kind=b"image/png"):
    head = b'Content-Type: %s\r\nContent-Disposition: attachment; filename="%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head % (kind, name) + base64.encodebytes(octets).replace(b"\n", b"\r\n")


def test_who_writes_what():
    found = read(mail())
    assert (found.sender, found.sender_name, found.proven) == ("ann@one.example", "Ann Lee", "one.example")
    assert (found.subject, found.text) == ("Courrier en retard é", "Since noon.")
    assert (found.message_id, found.thread, found.is_automatic) == ("m1@one.example", (), False)


@pytest.mark.parametrize(
    "head",
    [
        b"From: ann@one.example, bob@one.example\r\n",
        b"From: ann@one.example\r\nFrom: bob@one.example\r\n",
        b"Subject: x\r\n",
        b"From: ann@two.example\r\n",
        b"From: ann@one.example <bob@one.example>\r\n",
        b"From: nobody\r\n",
    ],
)
def test_who_is_not_one_proven_address_is_not_believed(head):
    assert read(mail(head=head)).proven == ""


def test_a_subdomain_of_the_proven_domain_is_believed_and_its_address_kept_whole():
    found = read(mail(head=b"From: ann@mail.one.example\r\n"))
    assert (found.sender, found.proven) == ("ann@mail.one.example", "one.example")


def test_the_nearest_mail_of_the_thread_comes_first_and_each_once():
    fields = b"In-Reply-To: <c@x>\r\nReferences: <a@x>\r\n <b@x> <c@x> <bad id@x> <\xff@x>\r\n"
    assert read(mail(fields)).thread == ("c@x", "b@x", "a@x")


@pytest.mark.parametrize(
    "fields", [b"Auto-Submitted: auto-replied\r\n", b"Precedence: bulk\r\n", b"List-Id: <a.one.example>\r\n"]
)
def test_what_a_program_wrote_is_known(fields):
    assert read(mail(fields)).is_automatic
    assert read(mail(), is_bounce=True).is_automatic


DSN = (
    b"Content-Type: text/plain\r\n\r\nNo such user.\r\n",
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.one.example\r\n",
)


@pytest.mark.parametrize(
    ("part", "returned"),
    [
        (b"Content-Type: message/rfc822\r\n\r\nSubject: Re\r\nMessage-ID: <a.1@us>\r\n\r\nHi\r\n", "a.1@us"),
        (b"Content-Type: text/rfc822-headers\r\n\r\nmessage-id:\r\n <a.1@us>\r\n", "a.1@us"),
        (b"Content-Type: message/rfc822\r\n\r\nSubject: Re\r\n\r\nMessage-ID: <a.1@us>\r\n", ""),
        (b"Content-Type: image/png\r\n\r\nMessage-ID: <a.1@us>\r\n", ""),
    ],
)
def test_a_bounce_tells_which_mail_comes_back(part, returned):
    octets = multipart(*DSN, part, kind=b"report")
    assert read(octets, "", is_bounce=True).returned == returned
    assert read(octets, "").returned == ""  # Whoever has a return path gives nothing back.


def test_of_two_forms_of_a_text_the_plain_one_is_kept_and_html_is_no_file():
    found = read(
        multipart(
            b"Content-Type: text/plain\r\n\r\nplain words",
            b"Content-Type: text/html\r\n\r\n<p>html <b>words</b></p>",
            kind=b"alternative",
        )
    )
    assert (found.text, found.files) == ("plain words", ())


def test_html_alone_is_read_as_text_without_what_it_hides():
    html = b'<p>Mail is <b>late</b>.</p><script>alert(1)</script><p style="display:none">hidden</p>'
    found = read(mail(b"Content-Type: text/html; charset=utf-8\r\n", html))
    assert found.text == "Mail is late."


def test_files_are_kept_by_the_last_piece_of_their_name():
    text = b"Content-Type: text/plain\r\n\r\nSee."
    forwarded = b"Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: inner\r\n\r\ninner text"
    found = read(
        multipart(text, attached(b"\x89PNG"), attached(b"x", rb"C:\\a\\..\\run.exe", b"text/plain"), forwarded)
    )
    assert found.text == "See."
    assert [(each.name, each.kind, each.octets[:5]) for each in found.files] == [
        ("shot.png", "image/png", b"\x89PNG"),
        ("run.exe", "text/plain", b"x"),
        ("file-3.eml", "message/rfc822", b"From:"),
    ]
    assert found.left_out == 0


def test_what_is_too_large_or_too_many_is_left_out_and_counted():
    large = attached(b"x" * (MAX_FILE_OCTETS + 1))
    found = read(multipart(large, *[attached(b"x")] * (MAX_FILES + 2)))
    assert (len(found.files), found.left_out) == (MAX_FILES, 3)
    three = read(multipart(*[attached(b"x" * MAX_FILE_OCTETS)] * 3))
    assert (len(three.files), three.left_out) == (2, 1)


def test_long_words_are_cut_and_controls_are_made_visible():
    found = read(mail(b"X: y\r\n", b"a\x00b\x1b[31m\r\n" + b"x" * (MAX_TEXT + 10)))
    assert len(found.text) == MAX_TEXT
    assert found.text.startswith("a\u2400b\u241b[31m\n")
    assert len(read(mail(head=b"Subject: " + b"s" * 1_500 + b"\r\n")).subject) == MAX_SUBJECT


@settings(max_examples=200)
@given(st.binary(max_size=2_000))
def test_no_octets_break_it(octets):
    found = read(octets)
    assert "\0" not in found.text + found.subject + found.sender_name
    found.text.encode()
