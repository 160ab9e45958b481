"""The facts that become evidence."""

from __future__ import annotations

import base64
import quopri

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.wire.mime.defects import Defect
from ecluse.wire.mime.facts import a_labels, author_domains, header_facts, part_facts, trace_facts
from ecluse.wire.mime.fields import split_head
from ecluse.wire.mime.structure import WalkLimits, walk

EICAR = base64.b64decode("WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=")
GTUBE = base64.b64decode("WEpTKkM0SkRCUUFETjEuTlNCTjMqMklETkVOKkdUVUJFLVNUQU5EQVJELUFOVEktVUJFLVRFU1QtRU1BSUwqQy4zNFg=")
ID = b"0199abcd0199abcd0199abcd0199abcd"


def headers(message: bytes):
    return header_facts(split_head(MemoryContent(message)))


def trace(message: bytes):
    return trace_facts(split_head(MemoryContent(message)), "gw.example")


def parts(message: bytes, limits: WalkLimits | None = None):
    content = MemoryContent(message)
    section = split_head(content)
    return part_facts(content, section, walk(content, limits, section))


def leaf(body: bytes, encoding: bytes = b"8bit", kind: bytes = b"text/plain") -> bytes:
    return b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body


def test_an_ordinary_header_section_is_counted_and_read():
    message = b"From: Ann <ann@A.example>\r\nTo: b@c.example\r\nDate: Mon, 1 Sep 2025 10:00:00 +0200\r\n\r\n"
    section = split_head(MemoryContent(message))
    facts = header_facts(section)
    assert facts.counts == {"from": 1, "to": 1, "date": 1}
    assert facts.from_domains == author_domains(section) == ("a.example",)
    assert (facts.has_date, facts.from_is_ambiguous) == (True, False)


@pytest.mark.parametrize(
    "message",
    [
        b"From: a@b.example\r\nFrom: c@d.example\r\n\r\n",
        b"From: a@b.example <c@d.example>\r\n\r\n",
        b"From: a@b.example\r\nFrom\x00: c@d.example\r\n\r\n",
        b"From: a@b.example" + b"," * 20_000 + b"\r\n\r\n",
    ],
)
def test_an_author_that_readers_see_differently_is_told(message):
    assert headers(message).from_is_ambiguous


def test_domains_of_authors_are_a_labels():
    assert headers("From: a@b\u00fccher.example\r\n\r\n".encode()).from_domains == ("xn--bcher-kva.example",)
    assert a_labels("\u00fc" * 300) == "\u00fc" * 300


@pytest.mark.parametrize(
    "date", [b"Mon, 1 Sep 2025 10:00:00 +0200", b"1 Sep 25 10:00 GMT", b"Thu, 01 Jan 1970 00:00:00 +0000 (UTC)"]
)
def test_a_date_of_any_mailer_is_read(date):
    assert headers(b"Date: " + date + b"\r\n\r\n").has_date


@pytest.mark.parametrize("date", [b"", b"yesterday", b"2025-09-01", b"1 Foo 2025 10:00:00 +0000", b"1 Sep 2025"])
def test_a_date_that_is_none_is_not(date):
    assert not headers(b"Date: " + date + b"\r\n\r\n").has_date


def test_our_own_trace_is_known_folded_or_not():
    own = (
        b"Received: from a (b [192.0.2.1])\r\n\tby gw.example (Ecluse) with ESMTPS id "
        + ID
        + b";\r\n\tMon, 1 Sep 2025\r\n\r\n"
    )
    assert trace(own).own_count == 1
    assert trace(own[:-2] + own).own_count == 2
    assert trace(own.replace(b"\r\n\tby", b" by")).own_count == 1


@pytest.mark.parametrize(
    "field",
    [
        b"by other.example (Ecluse) with ESMTP id " + ID,
        b"by xgw.example (Ecluse) with ESMTP id " + ID,
        b"by gw.example (Postfix) with ESMTP id " + ID,
        b"by gw.example (Ecluse) with ESMTP id 1234",
    ],
)
def test_a_trace_of_others_is_not_ours(field):
    assert not trace(b"Received: from a " + field + b"; x\r\n\r\n").own_count


def test_received_fields_are_counted():
    assert trace(b"Received: a\r\n" * 51 + b"\r\n").received_count == 51


@pytest.mark.parametrize(
    "message",
    [
        leaf(EICAR),
        leaf(EICAR + b"\r\n"),
        leaf(EICAR + b" " * 60),
        leaf(base64.encodebytes(EICAR), b"base64", b"application/pdf"),
        leaf(base64.b64encode(EICAR + b"\r\n" * 20), b"BASE64"),
        leaf(b"\r\n" * 2000 + base64.b64encode(EICAR), b"base64"),
        leaf(quopri.encodestring(EICAR), b"quoted-printable"),
        leaf(b"".join(b"=%02X" % octet for octet in EICAR), b"quoted-printable"),
    ],
)
def test_the_test_virus_is_found_in_a_decoded_leaf(message):
    assert parts(message).has_eicar


@pytest.mark.parametrize(
    "message",
    [
        leaf(EICAR + b" " * 61),
        leaf(EICAR + b" and more"),
        leaf(b"see " + EICAR),
        leaf(EICAR[:-1]),
        leaf(base64.b64encode(EICAR + b"x" * 100), b"base64"),
        leaf(base64.b64encode(EICAR + b" " * 3000), b"base64"),
    ],
)
def test_what_only_resembles_the_test_virus_is_not_it(message):
    assert not parts(message).has_eicar


@pytest.mark.parametrize(
    "message",
    [
        leaf(b"hello\r\n" + GTUBE + b"\r\n"),
        leaf(base64.encodebytes(b"x" * 5000 + GTUBE), b"base64"),
        leaf(quopri.encodestring(b"x" * 200 + GTUBE), b"quoted-printable", b"text/html"),
        b"Subject: " + GTUBE + b"\r\n\r\nhello",
    ],
)
def test_the_test_spam_is_found_in_texts_and_headers(message):
    assert parts(message).has_gtube


def test_the_test_spam_in_an_attachment_is_no_text():
    assert not parts(leaf(base64.encodebytes(GTUBE), b"base64", b"application/pdf")).has_gtube


def test_suffixes_types_and_defects_of_all_readings_are_told():
    message = (
        b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Type: application/x-a; name=a.TXT\r\n"
        b"Content-Disposition: attachment; filename=a.txt; filename*=utf-8''a.exe.\r\n\r\nx\r\n--foo--\r\n--foo\r\n"
        b"Content-Type: b/c\r\n\r\nx\r\n"
    )
    facts = parts(message)
    assert set(facts.suffixes) == {"txt", "exe"}
    assert {"multipart/mixed", "application/x-a", "b/c"} <= set(facts.types)
    assert Defect.AMBIGUOUS_DELIMITERS in facts.defects
    assert (facts.depth, facts.exceeds_limits) == (2, False)


def test_a_walk_that_stopped_is_told():
    message = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n" + b"--foo\r\n\r\nx\r\n" * 30
    assert parts(message, WalkLimits(parts=10)).exceeds_limits
    assert parts(b"A: b\r\n" * 3000 + b"\r\n").exceeds_limits
