"""The readers of messages: header section, words, parameters, addresses, MIME structure."""

from __future__ import annotations

import time

from ecluse.domain.content import MemoryContent, PrefixedContent
from ecluse.filtering.changes.forged import without_forged
from ecluse.wire.mime.addresses import AddressSyntax, parse_addr_spec, parse_addresses
from ecluse.wire.mime.decoding import BASE64, IDENTITY, QUOTED_PRINTABLE, UUENCODE, YENC, readings
from ecluse.wire.mime.facts import header_facts, part_facts, trace_facts
from ecluse.wire.mime.fields import split_head
from ecluse.wire.mime.parameters import MAX_PARAMETERS, names, parse_parameters
from ecluse.wire.mime.structure import WalkLimits, decoded, every_part, walk
from ecluse.wire.mime.suffixes import suffixes
from ecluse.wire.mime.words import decode_words
from tests.fuzz.target import Choices, Target, seed

HOST = "gateway.example"
MOST_CPU_S = 2.0  # For 200 kB; watching our code slows it down three times.


def header_section(data: bytes) -> None:
    content = MemoryContent(data)
    section = split_head(content, max_fields=100)
    assert section.octets <= len(data)
    assert len(section.names) == len(section.raws)
    assert sum(map(len, section.raws)) + sum(len(line) for _, line in section.strays) <= section.octets
    assert all(data[at : at + len(line)] == line for at, line in section.strays), "a stray stands elsewhere"
    for field in section.fields:
        assert b"\n" not in field.value, "a value was not unfolded"
        _is_one_line(decode_words(field.value))
    header_facts(section)
    trace_facts(section, HOST)
    _loses_forgeries_at_once(data)


def _loses_forgeries_at_once(data: bytes) -> None:
    """What is left when forged fields are gone holds none, and the body is the same."""
    content = MemoryContent(data)
    section = split_head(content)
    head = without_forged(content, section, HOST)
    if head is None or section.exceeds_limits:
        return
    left = PrefixedContent(head, content, section.octets)
    assert b"".join(left.chunks()).endswith(data[section.octets :])
    again = b"".join(left.chunks())
    assert without_forged(MemoryContent(again), split_head(MemoryContent(again)), HOST) is None, (
        "forged fields are left"
    )


def words(data: bytes) -> None:
    text = decode_words(data)
    _is_one_line(text)
    assert len(text) <= 4 * len(data) + 4


def _is_one_line(text: str) -> None:
    assert not any(character < " " or character == "\x7f" for character in text if character != "\t"), repr(text)


def parameters(data: bytes) -> None:
    field = parse_parameters(data)
    assert field == parse_parameters(data)
    assert len(field.pairs) <= 10 * MAX_PARAMETERS
    for name in ("filename", "name", "boundary", "charset"):
        field.readings(name)
    for name in names(field):
        assert name
        assert all(suffixes(name)), "an empty suffix"


def addresses(data: bytes) -> None:
    found = parse_addresses(data)
    assert found == parse_addresses(data)
    for mailbox in found.addresses:
        for text in (mailbox.name, mailbox.local, mailbox.domain):
            _is_one_line(text)
    try:
        strict = parse_addr_spec(data)
    except AddressSyntax:
        return
    assert parse_addr_spec(f"{strict.local}@{strict.domain}".encode()) == strict
    assert b"\r" not in data
    assert b"\n" not in data
    assert len(data) <= 254


def structure(data: bytes) -> None:
    choices = Choices(data)
    content = MemoryContent(choices.octets)
    limits = WalkLimits(depth=8, parts=200) if choices.flag(0) else WalkLimits()
    root = walk(content, limits)
    assert walk(content, limits) == root or any(part.source for part in every_part(root))
    count = 0
    for part in every_part(root):
        count += 1
        size = (part.source or content).size
        assert 0 <= part.start <= part.end <= size, f"{part.start} {part.end} of {size}"
        assert "/" in part.type
        for encoding in (IDENTITY, BASE64, QUOTED_PRINTABLE, UUENCODE, YENC) if count < 20 else ():
            assert len(decoded(content, part, 1_000, encoding)) <= 1_000
    assert count <= 4 * limits.parts + 400, f"{count} parts"
    part_facts(content, split_head(content), root)
    for encoding in (BASE64, QUOTED_PRINTABLE, UUENCODE, YENC):
        assert all(len(one) <= len(choices.octets) + 64 for one in readings(choices.octets, encoding))


def repeated(data: bytes) -> None:
    """A few octets, over and over: what grows faster than its input shows here, and what takes more room."""
    read = (_read_message, _read_message, _read_values)[data[0] % 3] if data else _read_message
    head = (b"", b"Content-Type: multipart/mixed; boundary=b\n\n", b"Content-Transfer-Encoding: x-uuencode\n\n")
    unit = data[2:] or b"x"
    size = 200_000 if read is _read_message else 20_000
    octets = head[data[1] % 3 if len(data) > 1 else 0] + unit * (size // len(unit))
    began = time.process_time()
    read(octets)
    assert time.process_time() - began < MOST_CPU_S, f"{len(octets)} octets took too long"


def _read_message(octets: bytes) -> None:
    content = MemoryContent(octets)
    section = split_head(content)
    header_facts(section)
    trace_facts(section, HOST)
    part_facts(content, section, walk(content, None, section))
    without_forged(content, section, HOST)
    for encoding in (BASE64, QUOTED_PRINTABLE, UUENCODE, YENC):
        assert all(len(one) <= len(octets) for one in readings(octets, encoding))


def _read_values(octets: bytes) -> None:
    decode_words(octets)
    parse_addresses(octets)
    names(parse_parameters(octets))


_HEAD = (
    b'Received: from a by b (Ecluse) with ESMTP id 0\r\nFrom: "Ann" <ann@a.example>\r\n'
    b"Subject: =?utf-8?B?w6k=?= =?iso-8859-1?Q?=E9?=\r\nTo: bob@b.example,\r\n carol@c.example\r\n"
    b"X-Ecluse-Status: forged\r\nAuthentication-Results: gateway.example; spf=pass\r\n"
    b"Date: Wed, 25 Nov 2026 08:00:00 +0000\r\n\r\nbody\r\n"
)
_MULTIPART = (
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\n'
    b'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n'
    b"Content-Disposition: attachment; filename*0*=utf-8''a%20; filename*1=b.exe\r\n\r\nQUJD\r\n--b--\r\nepilogue\r\n"
)
_MESSAGES = (
    _HEAD,
    _MULTIPART,
    b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp5\r\n",
    b"Content-Type: multipart/digest; boundary=b; boundary=c\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n--c--\r\n",
    b"\r\nbegin 644 a.exe\r\n#0V%T\r\n`\r\nend\r\n",
    b'Content-Type: multipart/mixed; boundary=""\r\nContent_Type: text/html\r\n\r\n--\r\n\r\n----\r\n',
    b"stray line\r\n \r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41 =\r\n=4\r\n",
)
_PARAMETERS = (
    b'attachment; filename="a\\"b.exe"; name=c.txt',
    b"text/plain; charset*=utf-8'en'us-ascii; name*0=\"a\"; name*1*=%2Eexe (comment (nested))",
    b"multipart/mixed; boundary='b'; boundary=\"=?utf-8?q?c?=\";;; =x; y=",
    b"a/b; " + b"(" * 50 + b"\\" + b'"' * 5,
)
_ADDRESSES = (
    b'"Ann, B." <ann@a.example>, bob@b.example (Bob)',
    b"friends: ann@a.example, <@x,@y:bob@b.example>;",
    b"=?utf-8?q?a=40b=3E?= <x@y> <z@w>",
    b'"quoted \\" local"@[IPv6:2001:db8::1]',
    "jürgen@bücher.example".encode(),
    b"((((\\)))) a @ b . c",
)

_UNITS = (
    b"M\n",
    b'"',
    b"(",
    b"\\",
    b";a=",
    b"=?a?b?",
    b"\n--b",
    b"a:\n ",
    b"<@a:",
    b"\nbegin 644 a\n!",
    b"=\n",
    b" \t",
)

TARGETS = (
    Target("header-section", header_section, (*_MESSAGES, _HEAD.replace(b"\r\n", b"\n"))),
    Target("words", words, (b"=?utf-8?B?w6k=?= =?utf-8*en?q?=E9_?= x", b"=?x?b?====?=", "é".encode()), 2_000),
    Target("parameters", parameters, _PARAMETERS, 2_000),
    Target("addresses", addresses, _ADDRESSES, 2_000),
    Target("repeated", repeated, tuple(bytes([n % 3, n // 3]) + unit for n in range(9) for unit in _UNITS), 40),
    Target("mime", structure, tuple(seed(one, flags) for one in _MESSAGES for flags in (0, 1)), 16_384),
)
