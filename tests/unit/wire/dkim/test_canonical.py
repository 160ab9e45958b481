"""Canonical forms: the examples of RFC 6376 section 3.4, a plain oracle, and any cut into pieces."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.dkim.canonical import BodyCanonicaliser, Mode, canonical_body, canonical_field
from tests.cpu import cpu

SIMPLE, RELAXED = Mode.SIMPLE, Mode.RELAXED
BODIES = st.text(alphabet=" \t\r\nab", max_size=40).map(str.encode) | st.lists(
    st.sampled_from([b"\r\n", b" ", b"\t", b"x", b"\r", b"\n", b" \r\n"]), max_size=40
).map(b"".join)


def plain(body: bytes, mode: Mode) -> bytes:
    """Sections 3.4.3 and 3.4.4, word by word and slowly."""
    lines = body.split(b"\r\n")
    if mode is RELAXED:
        lines = [re.sub(rb"[ \t]+", b" ", line).removesuffix(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return b"" if mode is RELAXED else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"


def in_pieces(body: bytes, mode: Mode, cuts: list[int]) -> bytes:
    canonicaliser = BodyCanonicaliser(mode)
    ends = [*sorted(min(cut, len(body)) for cut in cuts), len(body)]
    out: list[bytes] = []
    start = 0
    for end in ends:
        out += canonicaliser.feed(body[start:end])
        start = end
    return b"".join([*out, *canonicaliser.finish()])


def test_the_example_of_section_3_4_5():
    body = b" C \r\nD \t E\r\n\r\n\r\n"
    assert canonical_body(body, RELAXED) == b" C\r\nD E\r\n"
    assert canonical_body(body, SIMPLE) == b" C \r\nD \t E\r\n"
    assert canonical_field(b"A: X\r\n", RELAXED) == b"a:X"
    assert canonical_field(b"B : Y\t\r\n\tZ  \r\n", RELAXED) == b"b:Y Z"
    assert canonical_field(b"B : Y\t\r\n\tZ  \r\n", SIMPLE) == b"B : Y\t\r\n\tZ  "


def test_an_empty_body_is_a_line_end_when_simple_and_nothing_when_relaxed():
    for body in (b"", b"\r\n", b"\r\n\r\n"):
        assert (canonical_body(body, SIMPLE), canonical_body(body, RELAXED)) == (b"\r\n", b"")
    assert canonical_body(b" \t\r\n \r\n", RELAXED) == b""


def test_a_body_without_a_last_line_end_gets_one():
    assert canonical_body(b"a \t", RELAXED) == b"a\r\n"
    assert canonical_body(b"a \t", SIMPLE) == b"a \t\r\n"


def test_a_length_cuts_the_canonical_body():
    assert canonical_body(b"a  b\r\n", RELAXED, 3) == b"a b"
    assert canonical_body(b"a\r\n", SIMPLE, 0) == b""


def test_a_bare_cr_or_lf_ends_no_line():
    assert canonical_body(b"a \r b \n c\r\n\r", RELAXED) == b"a \r b \n c\r\n\r\r\n"


@pytest.mark.parametrize("mode", [SIMPLE, RELAXED])
@given(body=BODIES, cuts=st.lists(st.integers(0, 40), max_size=4))
@settings(derandomize=True, deadline=None, max_examples=400)
def test_any_cut_into_pieces_gives_what_the_rfc_says(mode, body, cuts):
    assert in_pieces(body, mode, cuts) == plain(body, mode)


@pytest.mark.parametrize("mode", [SIMPLE, RELAXED])
@pytest.mark.parametrize("body", [b" ", b"\r", b"\r\n", b" \r\n", b"\n\r\n", b"\r\r\n", b"a  ", b"\t "])
def test_no_body_costs_more_than_its_size(mode, body):
    hostile = body * (1_000_000 // len(body))
    with cpu() as spent:
        in_pieces(hostile, mode, list(range(0, len(hostile), 10_000)))
    assert spent.seconds < 1.0


@pytest.mark.parametrize(
    ("raw", "simple", "relaxed"),
    [
        (b"SUBJECT:x", b"SUBJECT:x", b"subject:x"),
        (b"Subject:\r\n x\r\n", b"Subject:\r\n x", b"subject:x"),
        (b"Subject:  \r\n", b"Subject:  ", b"subject:"),
        (b"Subject: a:  b \n", b"Subject: a:  b ", b"subject:a: b"),
    ],
)
def test_fields(raw, simple, relaxed):
    assert (canonical_field(raw, SIMPLE), canonical_field(raw, RELAXED)) == (simple, relaxed)
