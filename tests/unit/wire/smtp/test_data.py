"""The end of data, dot-stuffing and bare newlines, against a reader that looks at one octet after the other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.smtp.data import BdatReader, DataReader, Newlines
from ecluse.wire.smtp.replies import BARE_NEWLINE, NUL_OCTET

END = b"\r\n.\r\n"
# Mostly what matters, in stretches that happen to be whole ends and stuffed dots.
STREAMS = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"\r\n..", END, b"a", b"\0", b"text", b"\xff"]), max_size=30
).map(b"".join)
CUTS = st.lists(st.integers(0, 120), max_size=8)


def reference(stream, newlines):
    """(content, has a bare newline, has a NUL, rest or None), one octet at a time, as RFC 5321 says it."""
    lines, line, at = [], b"", 0
    while at < len(stream):
        line += stream[at : at + 1]
        at += 1
        if line.endswith(b"\r\n"):
            if line == b".\r\n":
                return *judged(b"".join(lines), newlines), stream[at:]
            lines.append(line[1:] if line.startswith(b".") else line)
            line = b""
    return b"".join(lines), False, False, None


def judged(content, newlines):
    mended, bare = b"", False
    for at, octet in enumerate(content):
        is_pair = (octet == 13 and content[at + 1 : at + 2] == b"\n") or (octet == 10 and content[at - 1 : at] == b"\r")
        if octet in b"\r\n" and not is_pair:
            bare = True
            mended += b"\r\n"
        else:
            mended += bytes([octet])
    return mended if newlines is Newlines.MEND else content, bare, b"\0" in content


def pieces(stream, cuts):
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    return [stream[start:end] for start, end in pairwise(places)] or [stream]


def read(stream, cuts, newlines):
    reader, content, rest = DataReader(newlines), b"", None
    for piece in pieces(stream, cuts):
        if rest is None:
            octets, rest = reader.feed(piece)
            content += octets
        else:
            rest += piece
    return reader, content, rest


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(stream=STREAMS, cuts=CUTS, newlines=st.sampled_from(Newlines))
def test_data_reads_as_the_rfc_says_however_it_is_cut(stream, cuts, newlines):
    stream += END
    content, bare, nul, rest = reference(stream, newlines)
    reader, got, got_rest = read(stream, cuts, newlines)
    assert got_rest == rest
    assert reader.fault in faults(bare and newlines is Newlines.REFUSE, nul)
    if reader.fault is None:
        assert got == content


def faults(bare, nul):
    """Which of two faults is named depends on where the stream was cut; that one is named does not."""
    return ({BARE_NEWLINE} if bare else set()) | ({NUL_OCTET} if nul else set()) or {None}


@settings(max_examples=500, deadline=None, derandomize=True)
@given(content=STREAMS, cuts=CUTS, newlines=st.sampled_from(Newlines))
def test_chunks_follow_the_rules_of_content_however_they_are_cut(content, cuts, newlines):
    expected, bare, nul = judged(content, newlines)
    reader = BdatReader(newlines)
    got = b"".join(reader.feed(piece) for piece in pieces(content, cuts)) + reader.finish()
    assert reader.fault in faults(bare and newlines is Newlines.REFUSE, nul)
    if reader.fault is None:
        assert got == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(stream=STREAMS, cuts=CUTS)
def test_without_the_true_end_nothing_ends(stream, cuts):
    stream = stream.replace(b"\r\n.\r\n", b"\r\nx\r\n").replace(b"\r\n.\r\n", b"\r\nx\r\n")
    _, _, rest = read(b"x" + stream, cuts, Newlines.MEND)
    assert rest is None


@pytest.mark.parametrize("newlines", Newlines)
@pytest.mark.parametrize(
    "false_end",
    [
        b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n", b"\r\n\0.\r\n",
        b"\r\n.\0\r\n", b"\n\n.\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n", b"\r\n. \r\n", b"\r\n.\t\r\n", b"\x85.\x85",
    ],
)  # fmt: skip
def test_no_false_end_of_data_ends_it_and_none_is_passed_on(false_end, newlines):
    smuggled = b"outer" + false_end + b"MAIL FROM:<a@b.example>\r\n"
    reader, content, rest = read(smuggled + END + b"QUIT\r\n", [], newlines)
    assert rest == b"QUIT\r\n"
    if reader.fault is None:
        assert b"MAIL FROM" in content
        assert content.replace(b"\r\n", b"").translate(None, b"\r\n\0") == content.replace(b"\r\n", b"")


@pytest.mark.parametrize("size", [65_536, 1000, 7])
def test_a_large_message_is_passed_on_whole(size):
    message = b"".join(b"%d. a line\r\n.dotted\r\n" % number for number in range(5000))
    stream = message.replace(b"\r\n.", b"\r\n..") + b".\r\nNOOP\r\n"
    _, content, rest = read(stream, range(0, len(stream), size), Newlines.REFUSE)
    assert content == message
    assert rest == b"NOOP\r\n"
