"""Which fields a list of names selects."""

from __future__ import annotations

from ecluse.domain.content import MemoryContent
from ecluse.wire.dkim.canonical import Mode
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.mime.fields import split_head

HEADER = SignedHeader(split_head(MemoryContent(b"A: 1\r\nB: x\r\nA: 2\r\nC:  3 \r\nA: 4\r\n\r\n")))


def selected(*names: bytes, mode: Mode = Mode.RELAXED, own_place: int = -1) -> list[bytes]:
    return HEADER.selected(names, mode, own_place)


def test_a_name_that_is_listed_again_selects_the_next_field_above():
    assert selected(b"a", b"b", b"a") == [b"a:4\r\n", b"b:x\r\n", b"a:2\r\n"]


def test_a_name_without_a_field_left_selects_nothing():
    assert selected(b"d", b"b", b"b", b"c") == [b"b:x\r\n", b"c:3\r\n"]


def test_a_signature_does_not_sign_itself():
    assert selected(b"a", b"a", b"a", own_place=4) == [b"a:2\r\n", b"a:1\r\n"]


def test_simple_fields_stay_as_they_are():
    assert selected(b"c", mode=Mode.SIMPLE) == [b"C:  3 \r\n"]


def test_fields_are_counted_and_found():
    assert (HEADER.count(b"a"), HEADER.count(b"d")) == (3, 0)
    assert (HEADER.places(b"a"), HEADER.relaxed(2)) == ([0, 2, 4], b"a:2\r\n")
