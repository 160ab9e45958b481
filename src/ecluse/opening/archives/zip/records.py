"""The records of a zip, parsed each for itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
END_64 = b"PK\x06\x06"
LOCATOR_64 = b"PK\x06\x07"
DESCRIPTOR = b"PK\x07\x08"

IS_ENCRYPTED = 0x0001
HAS_DESCRIPTOR = 0x0008
IS_STRONG = 0x0040
IS_UTF8 = 0x0800
IS_MASKED = 0x2000  # The central directory is encrypted, local headers hold no truth.

_LOCAL = struct.Struct("<4xHHHHHIIIHH")
_CENTRAL = struct.Struct("<4xBBHHHHHIIIHHHHHII")
_END = struct.Struct("<4xHHHHIIH")
_END_64 = struct.Struct("<4xQHHIIQQQQ")
_NEEDS_64 = 0xFFFFFFFF
_ZIP64 = 0x0001
_UNICODE_PATH = 0x7075
_UNICODE_COMMENT = 0x6375
_AES = 0x9901


@dataclass(frozen=True, slots=True)
class Header:
    """What one of the two places says about an entry."""

    at: int  # Where the record stands.
    end: int  # Where it ends: for a local one, where the data begins.
    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int  # Octets of data.
    size: int  # Octets of content.
    extra: dict[int, bytes]
    time: int = 0  # Of day, as DOS has it.
    date: int = 0
    offset: int = 0  # Of the local header; central only.
    attributes: int = 0  # External ones; central only.
    system: int = 0  # That made them; central only.
    is_central: bool = False
    is_damaged: bool = False  # Extra fields that do not fit their lengths, or sizes in 64 bits that are missing.

    @property
    def name_end(self) -> int:
        """Behind its name. What follows may hide other records: extra fields, a comment."""
        return self.at + (46 if self.is_central else 30) + len(self.name)

    @property
    def is_encrypted(self) -> bool:
        """By its flag."""
        return bool(self.flags & IS_ENCRYPTED)

    @property
    def has_descriptor(self) -> bool:
        """Sizes and checksum follow the data."""
        return bool(self.flags & HAS_DESCRIPTOR)

    @property
    def real_method(self) -> int:
        """The compression, also below AES encryption (AE-x, APPNOTE appendix E)."""
        aes = self.extra.get(_AES, b"")
        return int.from_bytes(aes[5:7], "little") if self.method == 99 and len(aes) >= 7 else self.method

    @property
    def aes(self) -> bytes:
        """The extra field of AE-x, b"" without."""
        return self.extra.get(_AES, b"") if self.method == 99 else b""

    @property
    def unicode_name(self) -> bytes:
        """The name in the Unicode path field, whether it fits `name` or not; b"" without."""
        return self.extra.get(_UNICODE_PATH, b"")[5:]

    @property
    def unicode_name_is_valid(self) -> bool:
        """Whether the field has the version and the checksum that make readers believe it."""
        field = self.extra.get(_UNICODE_PATH, b"")
        return field[:1] == b"\x01" and field[1:5] == zlib.crc32(self.name).to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class End:
    """An end record, 32 or 64 bits."""

    at: int
    end: int  # After the comment.
    count: int
    size: int  # Octets of the directory.
    offset: int  # Where it says the directory begins.
    disk: int = 0

    @property
    def is_wide(self) -> bool:
        """Its values stand in a record of 64 bits."""
        return _NEEDS_64 in {self.size, self.offset} or self.count == 0xFFFF


def local_header(data: bytes, at: int) -> Header | None:
    """The local header at an offset; None when there is none."""
    if at < 0 or not data.startswith(LOCAL, at) or at + 30 > len(data):
        return None
    _, flags, method, time, date, checksum, packed, size, name_octets, extra_octets = _LOCAL.unpack_from(data, at)
    name_end = at + 30 + name_octets
    extra, is_damaged = _extra_fields(data[name_end : name_end + extra_octets])
    (packed, size, _), missing = _wide((packed, size, 0), extra.get(_ZIP64, b""))
    end = name_end + extra_octets
    name = data[at + 30 : name_end]
    return Header(
        at,
        end,
        name,
        flags,
        method,
        checksum,
        packed,
        size,
        extra,
        time,
        date,
        is_damaged=is_damaged or missing or end > len(data),
    )


def central_header(data: bytes, at: int) -> Header | None:
    """The record of the directory at an offset; None when there is none."""
    if at < 0 or not data.startswith(CENTRAL, at) or at + 46 > len(data):
        return None
    (
        _, system, _, flags, method, time, date, checksum, packed, size,
        name_octets, extra_octets, comment_octets, _, _, attributes, offset,
    ) = _CENTRAL.unpack_from(data, at)  # fmt: skip
    name_end = at + 46 + name_octets
    extra, is_damaged = _extra_fields(data[name_end : name_end + extra_octets])
    (packed, size, offset), missing = _wide((packed, size, offset), extra.get(_ZIP64, b""))
    end = name_end + extra_octets + comment_octets
    return Header(
        at, end, data[at + 46 : name_end], flags, method, checksum, packed, size, extra, time, date, offset, attributes,
        system, is_central=True, is_damaged=is_damaged or missing or end > len(data),
    )  # fmt: skip


def _wide(values: tuple[int, int, int], field: bytes) -> tuple[tuple[int, int, int], bool]:
    """Packed size, size and offset; those that say so are taken from the field of 64 bits, in reverse order of two."""
    packed, size, offset = values
    places = iter(int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field) - 7, 8))
    wide_size = next(places, None) if size == _NEEDS_64 else size
    wide_packed = next(places, None) if packed == _NEEDS_64 else packed
    wide_offset = next(places, None) if offset == _NEEDS_64 else offset
    is_missing = None in {wide_size, wide_packed, wide_offset}
    return (
        packed if wide_packed is None else wide_packed,
        size if wide_size is None else wide_size,
        offset if wide_offset is None else wide_offset,
    ), is_missing


def _extra_fields(data: bytes) -> tuple[dict[int, bytes], bool]:
    """The fields by their id, the first of each; and whether something is wrong with them."""
    fields: dict[int, bytes] = {}
    at, is_damaged = 0, False
    while at + 4 <= len(data):
        kind, octets = struct.unpack_from("<HH", data, at)
        if at + 4 + octets > len(data):
            return fields, True
        is_damaged |= kind in fields and kind in {_ZIP64, _UNICODE_PATH, _UNICODE_COMMENT, _AES}
        fields.setdefault(kind, data[at + 4 : at + 4 + octets])
        at += 4 + octets
    # Some tools pad with a few octets that are no field.
    return fields, is_damaged or bool(data[at:].strip(b"\0"))


def end_records(data: bytes, at_most: int) -> Iterator[End]:
    """Every end record, the last first, each 32-bit one before the 64-bit ones that it leads to."""
    at = len(data)
    for _ in range(at_most):
        at = data.rfind(END, 0, at)
        if at < 0:
            return
        if at + 22 <= len(data):
            yield from _ends_at(data, at)


def _ends_at(data: bytes, at: int) -> Iterator[End]:
    disk, _, _, count, size, offset, comment_octets = _END.unpack_from(data, at)
    end = at + 22 + comment_octets
    yield End(at, end, count, size, offset, disk)
    places = []
    if data.startswith(LOCATOR_64, at - 20) and at >= 20:
        places.append(int.from_bytes(data[at - 12 : at - 4], "little"))
        places.append(data.rfind(END_64, max(0, at - 20 - 4_096), at - 20))
    for place in dict.fromkeys(places):
        if data.startswith(END_64, place) and 0 <= place <= len(data) - 56:
            _, _, _, disk, _, _, count, size, offset = _END_64.unpack_from(data, place)
            yield End(place, end, count, size, offset, disk)
