"""ARJ archives (its TECHNOTE): headers and the fastest method read by ourselves, the others as libarchive reads LHA.

Methods 1 to 3 write the very codes of LHA's "lh7" with a smaller window.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.libarchive import entries
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece

_MAGIC = b"\x60\xea"
_FIXED = struct.Struct("<BBBBBBBB4xIII")
_MAX_HEADER_OCTETS = 2_600
_MAX_EXTENSIONS = 64
_IS_GARBLED, _GOES_ON = 1, 4
_STORED, _LIKE_LHA, _FASTEST = 0, (1, 2, 3), 4
_DIRECTORY = 3
_NO_FILE = frozenset({4, 5})  # Labels and chapters.
# A length or distance of method 4: so many ones, a zero unless they are the most, then as many bits and these more.
_LENGTHS, _DISTANCES = (0, 7), (9, 13)
_CHECK_EACH = 4_096


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    flags: int
    method: int
    kind: int
    modifier: int  # Goes into the key of a garbled entry.
    packed: int
    size: int
    checksum: int
    end: int  # Where the packed octets begin.


def open_arj(file: File, budget: Budget) -> Iterator[Piece]:
    """Every entry; garbled ones with the passwords given."""
    main = _header(file.content, 0)
    at = main.end if main else 0
    while main and (header := _header(file.content, at)):
        budget.check_time()
        at = header.end + header.packed
        if header.flags & _GOES_ON:
            yield Flagged(Flag.INCOMPLETE)
        if header.kind == _DIRECTORY:
            yield Entry(header.name, kind=MemberKind.DIRECTORY)
        elif header.kind not in _NO_FILE:
            yield _entry(file, header, budget)
    if file.content[at : at + 4] != _MAGIC + b"\0\0":
        yield Broken("broken")


def _header(data: bytes, at: int) -> _Header | None:
    """None at the end, and where no header stands."""
    size = int.from_bytes(data[at + 2 : at + 4], "little")
    raw = data[at + 4 : at + 4 + size]
    if data[at : at + 2] != _MAGIC or not _FIXED.size <= size <= _MAX_HEADER_OCTETS or len(raw) < size:
        return None
    first, _, _, _, flags, method, kind, modifier, packed, unpacked, checksum = _FIXED.unpack_from(raw)
    name = raw[first:].partition(b"\0")[0]
    end = at + 4 + size + 4
    for _ in range(_MAX_EXTENSIONS):
        extension = int.from_bytes(data[end : end + 2], "little")
        end += 2 + (extension + 4 if extension else 0)
        if not extension:
            break
    # The first header, of the archive itself, has other things where the others have sizes.
    return _Header(_text(name), flags, method, kind, modifier, packed if at else 0, unpacked, checksum, end)


def _text(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")


def _entry(file: File, header: _Header, budget: Budget) -> Entry:
    packed = file.content[header.end : header.end + header.packed]
    if header.method not in {_STORED, *_LIKE_LHA, _FASTEST}:
        return Entry(header.name, error=f"method {header.method}", flags=(Flag.UNOPENED,))
    is_garbled = bool(header.flags & _IS_GARBLED)
    keys = [password.encode("utf-8", "replace") for password in file.passwords if password] if is_garbled else [b""]
    for key in keys:
        budget.check_time()
        content = _unpacked(header, _plain(packed, header.modifier, key), budget)
        is_right = len(content) == header.size and zlib.crc32(content) == header.checksum
        if is_right or not is_garbled:
            error = "" if is_right else "cut short" if len(content) < header.size else "broken"
            flags = () if is_right else (Flag.WRONG_CHECKSUM,)
            return Entry(
                header.name, content, is_encrypted=is_garbled, error=error, flags=flags, is_unreached=is_garbled
            )
    return Entry(header.name, is_encrypted=True, error="no password fits")


def _plain(packed: bytes, modifier: int, key: bytes) -> bytes:
    if not key:
        return packed
    pad = cycle([(octet + modifier) & 0xFF for octet in key])
    return bytes(octet ^ mask for octet, mask in zip(packed, pad, strict=False))


def _unpacked(header: _Header, packed: bytes, budget: Budget) -> bytes:
    """As much as comes out, and no more than the header says."""
    if header.method == _STORED:
        return packed
    if header.method == _FASTEST:
        return _fastest(packed, header.size, budget)
    found = next(entries(_as_lha(packed, header.size), budget, ("lha",)), None)
    return getattr(found, "content", b"")


def _as_lha(packed: bytes, size: int) -> bytes:
    """An archive of LHA (header level 0) around the codes; it has no checksum of the content that we could give."""
    body = struct.pack("<5sIIIBBB1sH", b"-lh7-", len(packed), size, 0, 0x20, 0, 1, b"a", 0)
    return bytes([len(body), sum(body) & 0xFF]) + body + packed + b"\0"


def _fastest(packed: bytes, size: int, budget: Budget) -> bytes:
    """Method 4: octets, and copies of what came before."""
    bits = _Bits(packed)
    out = bytearray()
    budget.check_octets(size)
    checked_at = 0
    while len(out) < size and not bits.is_over:
        if len(out) >= checked_at:
            budget.check_time()
            checked_at += _CHECK_EACH
        length = bits.number(*_LENGTHS)
        if not length:
            out.append(bits.take(8))
            continue
        start = len(out) - bits.number(*_DISTANCES) - 1
        for place in range(start, start + length + 2):
            out.append(out[place] if place >= 0 else 0)
    return bytes(out[:size])


class _Bits:
    """Bits of octets, the highest first."""

    __slots__ = ("_at", "_count", "_data", "_held")

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._held, self._count = data, 0, 0, 0

    @property
    def is_over(self) -> bool:
        """Whether more was taken than there is."""
        return self._at > len(self._data) + 4

    def take(self, count: int) -> int:
        """The next bits as a number; zeros behind the end."""
        while self._count < count:
            octet = self._data[self._at] if self._at < len(self._data) else 0
            self._held, self._count, self._at = (self._held << 8 | octet) & 0xFFFFFFFF, self._count + 8, self._at + 1
        self._count -= count
        return self._held >> self._count & (1 << count) - 1

    def number(self, least: int, most: int) -> int:
        """A number that says by its first bits how many more there are."""
        width, more = least, 0
        while width < most and self.take(1):
            more += 1 << width
            width += 1
        return more + (self.take(width) if width else 0)
