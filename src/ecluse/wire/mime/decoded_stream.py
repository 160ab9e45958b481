"""A leaf's octets without their encoding, piece by piece: a file of 50 MB never stands in memory as a whole."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator

from ecluse.domain.content import CHUNK_BYTES, Content
from ecluse.wire.mime.decoding import BASE64, IDENTITY, decode_base64_run, only_base64
from ecluse.wire.mime.structure import Part, decoded

MAX_WHOLE_OCTETS = 16_777_216  # What is decoded of the encodings that cannot be taken piece by piece.

_MAX_END_OCTETS = 16  # Padding, and empty lines before the next delimiter.
_LETTERS_AND_LINE_ENDS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n"


class DecodedStream:
    """The octets of a leaf, decoded each time they are asked for."""

    __slots__ = ("_content", "_part")

    def __init__(self, content: Content, part: Part) -> None:
        self._content, self._part = content, part

    def chunks(self) -> Iterator[bytes]:
        """All octets in order, in pieces; of quoted-printable and uuencode `MAX_WHOLE_OCTETS` at most."""
        part = self._part
        if part.encoding not in {BASE64, IDENTITY}:
            return iter((decoded(self._content, part, MAX_WHOLE_OCTETS),))
        pieces = _raw_pieces(part.source or self._content, part.start, part.end)
        return pieces if part.encoding == IDENTITY else _decoded_pieces(pieces)


def is_plain_base64(content: Content, part: Part) -> bool:
    """Whether every reader decodes the leaf to the same octets: letters and line ends, padding at the very end."""
    source = part.source or content
    padded_at = source.find(b"=", part.start, part.end)
    letters_end = part.end if padded_at < 0 else padded_at
    padding = source.slice(letters_end, min(part.end, letters_end + _MAX_END_OCTETS + 1))
    if len(padding) > _MAX_END_OCTETS or padding.rstrip(b"\r\n") not in {b"", b"=", b"=="}:
        return False
    letters = padding.count(b"=")
    for raw in _raw_pieces(source, part.start, letters_end):
        if raw.translate(None, _LETTERS_AND_LINE_ENDS):
            return False
        letters += len(raw) - raw.count(b"\r") - raw.count(b"\n")
    return letters % 4 == 0


def _raw_pieces(source: Content, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, CHUNK_BYTES):
        yield source.slice(at, min(at + CHUNK_BYTES, end))


def _decoded_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """As `decoding.decode_base64` of all of them together."""
    rest = b""
    for raw in pieces:
        *ended, run = (rest + only_base64(raw)).split(b"=")
        yield from map(decode_base64_run, ended)
        whole = len(run) & ~3
        yield binascii.a2b_base64(run[:whole])
        rest = run[whole:]
    yield decode_base64_run(rest)
