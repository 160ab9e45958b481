"""Header sections."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.wire.mime.fields import split_head


def section(data: bytes, **limits: int):
    return split_head(MemoryContent(data), **limits)


def test_fields_keep_their_order_their_folds_and_their_octets():
    head = section(b"From: a@b.example\r\nSubject: one\r\n\ttwo\r\n\r\nbody\r\n")
    assert [(field.name, field.value) for field in head.fields] == [
        (b"from", b"a@b.example"),
        (b"subject", b"one\ttwo"),
    ]
    assert head.raws[1] == b"Subject: one\r\n\ttwo\r\n"
    assert head.octets == len(b"From: a@b.example\r\nSubject: one\r\n\ttwo\r\n\r\n")


def test_a_message_may_begin_with_its_body():
    assert section(b"\r\nbody").octets == 2


def test_a_message_without_an_empty_line_is_all_header():
    head = section(b"From: a@b.example\r\nTo: c@d.example")
    assert (head.names, head.octets) == ((b"from", b"to"), 34)


def test_a_bare_line_feed_ends_the_section_where_it_comes_first():
    assert section(b"From: a@b.example\n\nX: no\r\n\r\nbody").names == (b"from",)
    assert section(b"From: a@b.example\r\n\nX: no\r\n\r\nbody").names == (b"from",)


def test_white_space_before_the_colon_belongs_to_no_name():
    assert section(b"Subject : x\r\n\r\n").first(b"subject").value == b"x"


def test_a_line_that_is_no_field_is_counted_and_does_not_end_the_section():
    head = section(b"From: a@b.example\r\nrubbish\r\nBad Name: x\r\nTo: c@d.example\r\n\r\n")
    assert head.names == (b"from", b"to")
    assert (head.malformed_lines, head.strays[0]) == (2, (19, b"rubbish\r\n"))


def test_the_line_that_mailboxes_put_on_top_is_no_fault():
    assert section(b"From ann@a.example Mon Sep  1\r\nTo: c@d.example\r\n\r\n").malformed_lines == 0


def test_a_continuation_of_white_space_alone_is_told():
    assert section(b"A: b\r\n \r\nC: d\r\n\r\n").has_blank_continuation
    assert not section(b"A: b\r\n c\r\nC: d\r\n\r\n").has_blank_continuation


def test_reading_stops_at_its_limits_and_says_so():
    many = b"A: b\r\n" * 50 + b"\r\nbody"
    assert section(many, max_fields=10).exceeds_limits
    assert len(section(many, max_fields=10).names) == 10
    assert section(many, max_octets=100).exceeds_limits
    assert section(many, max_octets=100).octets <= 100
    assert not section(many).exceeds_limits


def test_every_field_of_a_name_is_found_and_a_missing_one_is_none():
    head = section(b"To: a\r\nCc: b\r\nTO: c\r\n\r\n")
    assert [field.value for field in head.all(b"to")] == [b"a", b"c"]
    assert head.first(b"bcc") is None


@given(st.binary(max_size=400))
@settings(derandomize=True, deadline=None)
def test_any_octets_give_a_section_within_the_message(data):
    head = section(data)
    assert 0 <= head.octets <= len(data)
    assert len(head.names) == len(head.raws)
    for offset, line in head.strays:
        assert data[offset : offset + len(line)] == line
