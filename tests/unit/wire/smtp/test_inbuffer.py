"""Command lines and stretches of content out of one buffer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.smtp.grammar import SyntaxTrouble
from ecluse.wire.smtp.inbuffer import InputBuffer


def lines_of(pieces, most=10):
    buffer, lines = InputBuffer(most), []
    for piece in pieces:
        buffer.feed(piece)
        assert len(buffer._octets) <= most + len(piece)
        while True:
            try:
                line = buffer.take_line()
            except SyntaxTrouble:
                line = b"too long"
            if line is None:
                break
            lines.append(line)
    return lines


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    stream=st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"ab", b"c" * 9, b"d" * 30]), max_size=12).map(b"".join),
    cuts=st.lists(st.integers(0, 100), max_size=6),
)
def test_lines_are_the_same_however_they_are_cut(stream, cuts):
    expected = [line if len(line) <= 8 else b"too long" for line in stream.split(b"\r\n")[:-1]]
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    assert lines_of([stream[start:end] for start, end in pairwise(places)]) == expected


def test_a_long_line_is_not_kept():
    buffer = InputBuffer(10)
    for _ in range(1000):
        buffer.feed(b"x" * 1000)
        assert buffer.take_line() is None
        assert len(buffer._octets) <= 10
    buffer.feed(b"\r\nNOOP\r\n")
    with pytest.raises(SyntaxTrouble):
        buffer.take_line()
    assert buffer.take_line() == b"NOOP"


def test_content_is_taken_behind_a_line():
    buffer = InputBuffer(10)
    buffer.feed(b"BDAT 3\r\nabcdef")
    assert buffer.take_line() == b"BDAT 3"
    assert (buffer.take(3), buffer.take(2), buffer.take_all(), buffer.take(9)) == (b"abc", b"de", b"f", b"")
