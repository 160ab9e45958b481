"""The two canonical forms of header fields and bodies (RFC 6376 section 3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

CRLF = b"\r\n"
_SPACES = re.compile(rb"  +")
_MANY_LINE_ENDS = 32_768


class Mode(StrEnum):
    """The two canonicalisations."""

    SIMPLE = "simple"
    RELAXED = "relaxed"


def canonical_field(raw: bytes, mode: Mode) -> bytes:
    """A header field in canonical form, without its last line end."""
    return relaxed_field(raw) if mode is Mode.RELAXED else simple_field(raw)[:-2]


def simple_field(raw: bytes) -> bytes:
    """The field as it stands there, with a line end (RFC 6376 section 3.4.1)."""
    return raw if raw.endswith(CRLF) else raw.rstrip(CRLF) + CRLF


def relaxed_field(raw: bytes) -> bytes:
    """Name in lower case, value unfolded, white space made single (RFC 6376 section 3.4.2); no line end."""
    name, colon, value = raw.partition(b":")
    value = _single_spaces(value.replace(CRLF, b"").replace(b"\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + colon + value


def canonical_body(body: bytes, mode: Mode, length: int | None = None) -> bytes:
    """The whole canonical body, or its first `length` octets."""
    canonicaliser = BodyCanonicaliser(mode)
    return b"".join([*canonicaliser.feed(body), *canonicaliser.finish()])[:length]


class BodyCanonicaliser:
    """A body piece by piece: what cannot be decided before the next piece is held back, two octets at most."""

    __slots__ = ("_has_text", "_held", "_is_relaxed", "_line_ends")

    def __init__(self, mode: Mode) -> None:
        self._is_relaxed = mode is Mode.RELAXED
        self._held = b""
        self._line_ends = 0  # At the end of what came so far: they count only if something follows.
        self._has_text = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The canonical octets that are certain now."""
        data = self._held + piece if self._held else piece
        # Most octets are those of attachments: looking for one octet is far cheaper than for several.
        has_spaces = self._is_relaxed and (b" " in data or b"\t" in data)
        if has_spaces:
            data = _single_spaces(data)
        certain = _certain(data, holds_space=self._is_relaxed)
        self._held = data[certain:]
        data = data[:certain]
        if has_spaces:
            data = data.replace(b" \r\n", CRLF)
        return self._settled(data)

    def finish(self) -> Iterator[bytes]:
        """The rest, with the line end that every body gets but an empty relaxed one (section 3.4.4)."""
        yield from self._settled(self._held.rstrip(b" ") if self._is_relaxed else self._held)
        if self._has_text or not self._is_relaxed:
            yield CRLF

    def _settled(self, data: bytes) -> Iterator[bytes]:
        text, line_ends = _without_line_ends(data)
        if text:
            yield from _repeated_line_ends(self._line_ends)
            yield text
            self._line_ends = 0
            self._has_text = True
        self._line_ends += line_ends


def _single_spaces(data: bytes) -> bytes:
    """Every run of spaces and tabs as one space."""
    if b"\t" in data:
        data = data.replace(b"\t", b" ")
    # Looking first is cheaper than the expression where words are many and runs are none: plain text.
    return _SPACES.sub(b" ", data) if b"  " in data else data


def _certain(data: bytes, *, holds_space: bool) -> int:
    """Up to where the octets mean the same whatever follows: a CR may become a line end, a space may end a line."""
    end = len(data)
    if data.endswith(b"\r"):
        end -= 1
    if holds_space and data.endswith(b" ", 0, end):
        end -= 1
    return end


def _without_line_ends(data: bytes) -> tuple[bytes, int]:
    """The data without the line ends at its end, and how many they are. Linear for any mixture of CR and LF."""
    if not data.endswith(CRLF):
        return data, 0
    if not data.endswith(b"\n\r\n"):
        return data[:-2], 1
    tail = data[len(data.rstrip(CRLF)) :].replace(CRLF, b"\0")
    count = len(tail) - len(tail.rstrip(b"\0"))
    return data[: len(data) - 2 * count], count


def _repeated_line_ends(count: int) -> Iterator[bytes]:
    """In pieces: a body of 50 MB may be nothing but line ends."""
    while count > 0:
        yield CRLF * min(count, _MANY_LINE_ENDS)
        count -= _MANY_LINE_ENDS
