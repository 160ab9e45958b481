"""Decoding piece by piece gives what decoding at once gives; "plain" is what no two readers decode differently."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.domain.content import CHUNK_BYTES, MemoryContent
from ecluse.wire.mime.decoded_stream import DecodedStream, is_plain_base64
from ecluse.wire.mime.decoding import decode
from ecluse.wire.mime.structure import Part, walk

HEAD = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: %s\r\n\r\n"


def leaf(body: bytes, encoding: bytes = b"base64") -> tuple[MemoryContent, Part]:
    content = MemoryContent(HEAD % encoding + body)
    return content, walk(content)


def streamed(content: MemoryContent, part: Part) -> bytes:
    return b"".join(DecodedStream(content, part).chunks())


@given(st.binary(max_size=200), st.integers(0, 7))
def test_garbage_and_inner_padding_are_read_as_at_once(body, shift):
    # Around the seam of two pieces, wherever the four letters of a group fall.
    body = b"QUFB" * ((CHUNK_BYTES - 96) // 4) + b"\n" * shift + body.replace(b"\r", b"") + b"=QUI="
    content, part = leaf(body)
    assert streamed(content, part) == decode(content.slice(part.start, part.end), part.encoding)


@pytest.mark.parametrize("encoding", [b"8bit", b"quoted-printable", b"x-uuencode"])
def test_other_encodings_are_decoded_too(encoding):
    content, part = leaf(b"a=3Db\r\n" * 3, encoding)
    assert streamed(content, part) == decode(content.slice(part.start, part.end), part.encoding)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 400_000])
def test_what_every_mailer_writes_is_plain(size):
    octets = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert is_plain_base64(*leaf(base64.encodebytes(octets).replace(b"\n", b"\r\n") + b"\r\n"))


@pytest.mark.parametrize(
    "body",
    [
        b"QUJD!QUJD\r\n",  # Some readers stop at what is no letter.
        b"QUI=QUJD\r\n",  # Padding in the middle: the next run, the end, or nothing.
        b"QUI=\r\nQUJD\r\n",
        b"QUJDQ\r\n",  # A letter too many.
        b"QUJ\r\n",  # No padding.
        b"QUJD\r\n\r\n--not our boundary\r\n",
        b"Q===\r\n",
        b"QUJD=\r\n=\r\n",
        b"QUI=" + b"\r\n" * 40,
    ],
)
def test_what_readers_decode_differently_is_not_plain(body):
    assert not is_plain_base64(*leaf(body))
