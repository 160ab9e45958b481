"""The tree of a message, and the trees that others see in it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.wire.mime.defects import HIDING, Defect
from ecluse.wire.mime.structure import Part, WalkLimits, decoded, every_part, walk
from tests.cpu import cpu

TOP = b"From: ann@a.example\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n"
TEXT = b"Content-Type: text/plain\r\n\r\nhello"
SECRET = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nc2VjcmV0"


def tree(message: bytes, **limits: int) -> Part:
    return walk(MemoryContent(message), WalkLimits(**limits))


def contents(message: bytes) -> set[bytes]:
    content = MemoryContent(message)
    return {
        decoded(content, part, 1000, encoding).strip()
        for part in every_part(walk(content))
        if not part.parts
        for encoding in part.encodings
    }


def test_a_plain_message_is_one_leaf():
    root = tree(b"Subject: x\r\n\r\nhello\r\n")
    assert (root.type, root.start, root.end, root.parts, root.defects) == ("text/plain", 14, 21, (), ())


def test_a_multipart_holds_its_parts_without_the_line_ends_of_its_delimiters():
    message = TOP + b"preamble\r\n--foo\r\n" + TEXT + b"\r\n--foo\r\n" + SECRET + b"\r\n--foo--\r\nepilogue"
    root = tree(message)
    text, pdf = root.parts
    assert message[text.start : text.end] == b"hello"
    assert (pdf.type, pdf.filenames, pdf.encoding) == ("application/pdf", ("a.pdf",), "base64")
    assert decoded(MemoryContent(message), pdf, 100) == b"secret"
    assert decoded(MemoryContent(message), pdf, 3) == b"sec"
    assert [part.defects for part in every_part(root)] == [(), (), ()]


def test_an_inner_multipart_ends_at_the_delimiter_of_the_outer_one():
    inner = b"Content-Type: multipart/alternative; boundary=bar\r\n\r\n--bar\r\n" + TEXT
    root = tree(TOP + b"--foo\r\n" + inner + b"\r\n--foo\r\n" + SECRET + b"\r\n--foo--\r\n")
    assert [part.type for part in root.parts] == ["multipart/alternative", "application/pdf"]
    assert root.parts[0].defects == (Defect.NO_CLOSE,)


def test_a_message_within_a_message_is_opened():
    root = tree(b"Content-Type: message/rfc822\r\n\r\n" + TOP + b"--foo\r\n" + TEXT + b"\r\n--foo--\r\n")
    assert [part.type for part in every_part(root)] == ["message/rfc822", "multipart/mixed", "text/plain"]


def test_an_encoded_message_within_a_message_is_opened_too():
    inner = base64.encodebytes(TOP + b"--foo\r\n" + SECRET + b"\r\n--foo--\r\n")
    message = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inner
    assert b"secret" in contents(message)


def test_the_parts_of_a_digest_are_messages():
    root = tree(TOP.replace(b"mixed", b"digest") + b"--foo\r\n\r\nSubject: a\r\n\r\nb\r\n--foo--\r\n")
    assert root.parts[0].type == "message/rfc822"


HIDDEN = {
    "in the preamble": TOP + SECRET + b"\r\n--foo\r\n" + TEXT + b"\r\n--foo--\r\n",
    "in the epilogue": TOP + b"--foo\r\n" + TEXT + b"\r\n--foo--\r\n" + SECRET + b"\r\n",
    "after the closing delimiter": TOP + b"--foo\r\n" + TEXT + b"\r\n--foo--\r\n--foo\r\n" + SECRET + b"\r\n",
    "behind a delimiter with rubbish": TOP + b"--foo\r\n" + TEXT + b"\r\n--foo\x00\r\n" + SECRET + b"\r\n--foo--\r\n",
    "behind a delimiter with one dash": TOP + b"--foo\r\n" + TEXT + b"\r\n-foo\r\n" + SECRET + b"\r\n--foo--\r\n",
    "behind the second boundary": TOP.replace(b"=foo", b"=bar; boundary=foo")
    + b"--foo\r\n"
    + SECRET
    + b"\r\n--foo--\r\n",
    "behind the first boundary": TOP.replace(b"=foo", b"=foo; boundary=bar")
    + b"--foo\r\n"
    + SECRET
    + b"\r\n--foo--\r\n",
    "behind two types": b"Content-Type: text/plain\r\n" + TOP + b"--foo\r\n" + SECRET + b"\r\n--foo--\r\n",
    "behind a comment in the type": TOP.replace(b"multipart/", b"multipart(x)/")
    + b"--foo\r\n"
    + SECRET
    + b"\r\n--foo--\r\n",
    "behind a type without boundary": TOP.replace(b"; boundary=foo", b"") + b"--foo\r\n" + SECRET + b"\r\n--foo--\r\n",
    "behind an extended boundary": TOP.replace(b"=foo", b"*0=f; boundary*1=oo")
    + b"--foo\r\n"
    + SECRET
    + b"\r\n--foo--",
    "behind a look-alike name": TOP + b"--foo\r\n" + SECRET.replace(b"Transfer-", b"Transfer_") + b"\r\n--foo--",
    "behind two encodings": TOP + b"--foo\r\nContent-Transfer-Encoding: quoted-printable\r\n" + SECRET + b"\r\n--foo--",
    "behind an unknown encoding": TOP + b"--foo\r\n" + SECRET.replace(b"base64", b"base-64") + b"\r\n--foo--",
    "behind a nameless encoding": TOP + b"--foo\r\n" + SECRET.replace(b"base64", b"zip") + b"\r\n--foo--",
    "behind an early empty line": TOP + b"--foo\r\n" + SECRET.replace(b"pdf\r\n", b"pdf\r\n\r\n", 1) + b"\r\n--foo--",
    "behind a header section without end": TOP + b"--foo\r\n" + SECRET.replace(b"\r\n\r\n", b"\r\n") + b"\r\n--foo--",
    "behind a line of white space": TOP + b"--foo\r\n" + SECRET.replace(b"\r\n\r\n", b"\r\n \r\n") + b"\r\n--foo--",
    "in uuencode": b"Subject: x\r\n\r\nhello\r\nbegin 644 a.pdf\r\n&<V5C<F5T\r\n`\r\nend\r\n",
    "in an encoded multipart": TOP.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
    + base64.encodebytes(b"--foo\r\n" + SECRET + b"\r\n--foo--\r\n"),
}


@pytest.mark.parametrize("message", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_one_reader_sees_is_seen(message):
    assert b"secret" in contents(message)


@pytest.mark.parametrize(
    "place",
    [
        "after the closing delimiter",
        "behind a delimiter with rubbish",
        "behind the second boundary",
        "behind the first boundary",
        "behind two types",
        "behind a type without boundary",
        "behind a look-alike name",
        "behind two encodings",
        "behind an unknown encoding",
        "behind a nameless encoding",
        "in an encoded multipart",
    ],
)
def test_a_structure_that_hides_content_has_a_defect_that_says_so(place):
    defects = {defect for part in every_part(tree(HIDDEN[place])) for defect in part.defects}
    assert defects & HIDING


def test_other_readings_leave_the_usual_tree_alone():
    root = tree(HIDDEN["after the closing delimiter"])
    assert [part.type for part in root.parts] == ["text/plain"]
    assert [part.type for part in root.other_readings if part.type == "application/pdf"]


def test_depth_parts_and_decoding_have_limits_that_are_told():
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(60))
    assert Defect.EXCEEDS_LIMITS in tree(nested).defects
    many = TOP + b"--foo\r\n\r\nx\r\n" * 30
    assert Defect.EXCEEDS_LIMITS in tree(many, parts=10).defects
    assert len(tree(many, parts=10).parts) <= 10
    encoded = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(
        b"x" * 900
    )
    assert Defect.EXCEEDS_LIMITS in tree(encoded, decoded_octets=100).defects
    assert Defect.EXCEEDS_LIMITS not in tree(encoded).defects
    assert Defect.EXCEEDS_LIMITS in tree(many, scanned_octets=100).defects


@pytest.mark.parametrize(
    "message",
    [
        TOP + b"--foo\r\n\r\n" * 200_000,
        TOP + b"--foox\r\n" * 200_000,
        TOP + b"--foo\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n" * 20_000,
        b"\r\n" + b"Content-Type: a/b\r\n\r\n" * 100_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
        b"Content-Type: " + b"a" * 200_000 + b"\r\n\r\n",
    ],
    ids=["parts", "prefixes", "one boundary for all", "stray fields", "messages", "a long type"],
)
def test_hostile_repetition_ends_soon(message):
    with cpu() as spent:
        tree(message)
    assert spent.seconds < 5


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"--foo",
        b"--foo--",
        b"--bar",
        b"\r\n\r\n",
        b"Content-Type: ",
        b"multipart/mixed; boundary=foo",
        b"message/rfc822",
        b"multipart/mixed; boundary=bar",
        b"Content-Transfer-Encoding: base64\r\n",
        b"QUJD",
        b"begin 644 x\r\n",
        b"text/plain",
        b" ",
        b"x",
        b"\0",
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_any_message_gives_a_tree_whose_spans_lie_in_their_source(message):
    for part in every_part(tree(message)):
        assert 0 <= part.start <= part.end <= (part.source.size if part.source else len(message))
        assert "/" in part.type
        assert part.encodings


def test_a_yencoded_file_in_a_text_is_a_part():
    text = b"Subject: x\r\n\r\nhello\r\n=ybegin line=128 size=6 name=run me.exe\r\n\x9d\x8f\x8d\x9c\x8f\x9e\r\n=yend size=6\r\nbye\r\n"
    root = tree(text)
    [part] = root.other_readings
    assert (part.filenames, part.encoding, root.defects) == (("run me.exe",), "x-yenc", (Defect.STRAY_PART,))
    assert decoded(MemoryContent(text), part, 100) == b"secret"


def test_a_yencoded_file_without_an_end_goes_to_the_end_of_its_part():
    message = b"Subject: x\r\n\r\n" + b"=ybegin line=128 size=6 name=a.exe\r\n" * 200
    assert len(tree(message).other_readings) == 100


@pytest.mark.parametrize(
    ("field", "defect"),
    [
        (b"message/partial; id=1; number=1; total=2", Defect.PARTIAL_MESSAGE),
        (b"message/external-body; access-type=URL; URL=x", Defect.EXTERNAL_BODY),
        (b"text/plain; charset=UTF-7", Defect.ODD_CHARSET),
        (b"text/plain; charset=utf-8; charset=iso-8859-15", Defect.CONFLICTING_CHARSETS),
        (b"text/plain; name=a.txt\0.exe", Defect.NUL),
    ],
)
def test_what_a_type_hides_from_some_readers_is_a_defect(field, defect):
    assert defect in tree(b"Content-Type: " + field + b"\r\n\r\nhello\r\n").defects


@pytest.mark.parametrize(
    "field", [b"text/plain; charset=utf-8", b'text/plain; charset="us-ascii"; charset=US-ASCII', b"message/rfc822"]
)
def test_everyday_types_have_none_of_these(field):
    found = tree(b"Content-Type: " + field + b"\r\n\r\nhello\r\n").defects
    assert not {Defect.ODD_CHARSET, Defect.CONFLICTING_CHARSETS, Defect.PARTIAL_MESSAGE, Defect.NUL} & set(found)
