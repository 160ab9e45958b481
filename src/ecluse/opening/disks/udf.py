"""Files of a UDF volume (ECMA-167, OSTA UDF 2.60): of a disc, or of a partition; Windows mounts both."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ecluse.domain.opened import MemberKind
from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import Octets
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, Flagged, Piece

_RECOGNITION, _RECOGNITION_SECTOR, _RECOGNITION_SECTORS = 32_768, 2_048, 64
_BLOCKS = (2_048, 512, 4_096, 1_024)  # Octets of a block; what stands at block 256 tells which.
_ANCHOR_AT = 256
# Tags of descriptors (ECMA-167 3/7.2.1 and 4/7.2.1).
_ANCHOR, _POINTER, _PARTITION, _LOGICAL_VOLUME, _TERMINATOR = 2, 3, 5, 6, 8
_FILE_SET, _NAME, _MORE_EXTENTS, _FILE, _EXTENDED_FILE = 256, 257, 258, 261, 266
_DIRECTORY, _LINK = 4, 12  # Types of files (4/14.6.6); all others are read as files.
_IS_DELETED, _IS_PARENT = 4, 8
# How a file says where its content stands (4/14.6.8): in rows of a length, a block and a partition, or it stands there.
_ROWS = {0: struct.Struct("<II"), 1: struct.Struct("<IIH6x"), 2: struct.Struct("<I8xIH2x")}
_INLINE = 3
_LENGTH = 0x3FFFFFFF  # Of an extent; the two bits above are its type.
_STORED, _CONTINUED = 0, 3  # Types of extents (4/14.14.1.1); the others are holes.
_MAX_DESCRIPTORS = 1_024
_MAX_MAPS = 64
_MAX_DEPTH = 32
_MAX_DIRECTORY_OCTETS = 8_388_608
_MAX_EXTENTS = 100_000  # Of one file.
_MAX_CONTINUED = 10_000


class _Broken(Exception):
    """A descriptor does not say what it must; the text is ours."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A block of a partition, and how many octets from there."""

    octets: int
    block: int
    partition: int  # Its number among the maps of the logical volume.


@dataclass(slots=True)
class _Volume:
    """Where the partitions stand, and what is read through them."""

    disk: Octets
    block_octets: int
    budget: Budget
    starts: dict[int, int] = field(default_factory=dict)  # A partition's own number -> its first block.
    maps: list[int] = field(default_factory=list)  # A partition's number among the maps -> its own number.
    metadata: dict[int, bytes] = field(default_factory=dict)  # Number among the maps -> what that partition holds.

    def read(self, place: _Place) -> bytes:
        """The octets of an extent that is stored. Raises `_Broken`."""
        at = place.block * self.block_octets
        if place.partition in self.metadata:
            return self.metadata[place.partition][at : at + place.octets]
        if place.partition >= len(self.maps) or self.maps[place.partition] not in self.starts:
            raise _Broken("no such partition")
        at += self.starts[self.maps[place.partition]] * self.block_octets
        return self.disk[at : at + place.octets]


def is_udf(disk: Octets) -> bool:
    """Whether the descriptors that a reader looks for first name such a volume (2/8.3)."""
    for number in range(_RECOGNITION_SECTORS):
        at = _RECOGNITION + number * _RECOGNITION_SECTOR
        name = disk[at + 1 : at + 6]
        if name[:3] == b"NSR":
            return True
        if name not in {b"BEA01", b"CD001", b"BOOT2", b"CDW02"}:
            return False
    return False


def udf_pieces(disk: Octets, budget: Budget) -> Iterator[Piece]:
    """Every file and folder that is not deleted."""
    try:
        volume, file_set = _opened(disk, budget)
        root = _Place(*struct.unpack_from("<IIH", file_set, 400))
        yield from _folder(volume, root, "", frozenset())
    except (_Broken, struct.error) as problem:
        yield Flagged(Flag.UNOPENED)
        yield Broken(str(problem) if isinstance(problem, _Broken) else "broken")


def _opened(disk: Octets, budget: Budget) -> tuple[_Volume, bytes]:
    """The volume and the descriptor of its files. Raises `_Broken` and `struct.error`."""
    block_octets, anchor = _anchor(disk)
    volume = _Volume(disk, block_octets, budget)
    logical = b""
    for kind, descriptor in _sequence(volume, *struct.unpack_from("<II", anchor, 16)):
        if kind == _PARTITION:
            number, first = struct.unpack_from("<H164xI", descriptor, 22)
            volume.starts[number] = first
        elif kind == _LOGICAL_VOLUME:
            logical = descriptor
    if not logical:
        raise _Broken("no logical volume")
    _read_maps(volume, logical)
    return volume, _descriptor(volume, _Place(*struct.unpack_from("<IIH", logical, 248)), {_FILE_SET})


def _anchor(disk: Octets) -> tuple[int, bytes]:
    for block_octets in _BLOCKS:
        blocks = len(disk) // block_octets
        for number in (_ANCHOR_AT, blocks - 1, blocks - 1 - _ANCHOR_AT):
            found = disk[number * block_octets : number * block_octets + 512] if number >= 0 else b""
            if _is(found, _ANCHOR) and int.from_bytes(found[12:16], "little") == number:
                return block_octets, found
    raise _Broken("no anchor")


def _is(descriptor: bytes, kind: int) -> bool:
    """Whether it has that tag, whose own sum is right (3/7.2)."""
    tag = descriptor[:16]
    is_whole = len(tag) == 16 and tag[4] == (sum(tag) - tag[4]) & 0xFF
    return is_whole and int.from_bytes(tag[:2], "little") == kind


def _sequence(volume: _Volume, octets: int, first: int) -> Iterator[tuple[int, bytes]]:
    """The descriptors of the volume, by their tags."""
    number, end = first, first + octets // volume.block_octets
    for _ in range(_MAX_DESCRIPTORS):
        volume.budget.check_time()
        at = number * volume.block_octets
        descriptor = volume.disk[at : at + volume.block_octets]
        kind = int.from_bytes(descriptor[:2], "little")
        if number >= end or len(descriptor) < 512 or kind == _TERMINATOR:
            return
        number += 1
        if kind == _POINTER:
            octets, number = struct.unpack_from("<II", descriptor, 20)
            end = number + octets // volume.block_octets
        elif _is(descriptor, kind):
            yield kind, descriptor


def _read_maps(volume: _Volume, logical: bytes) -> None:
    """Which partitions the logical volume is made of (3/10.6.8, UDF 2.2.8 to 2.2.10)."""
    (count,) = struct.unpack_from("<I", logical, 268)
    at = 440
    for number in range(min(count, _MAX_MAPS)):
        kind, octets = struct.unpack_from("<BB", logical, at)
        row = logical[at : at + octets]
        volume.maps.append(int.from_bytes(row[4:6] if kind == 1 else row[38:40], "little"))
        if b"*UDF Metadata" in row[4:36]:
            (block,) = struct.unpack_from("<I", row, 40)
            volume.metadata[number] = _content(volume, _Place(volume.block_octets, block, number))
        elif b"*UDF Virtual" in row[4:36]:
            raise _Broken("written piece by piece")
        at += max(octets, 6)


def _descriptor(volume: _Volume, place: _Place, kinds: set[int]) -> bytes:
    """What stands there and is one of those. Raises `_Broken`."""
    descriptor = volume.read(_Place(volume.block_octets, place.block, place.partition))
    if not any(_is(descriptor, kind) for kind in kinds):
        raise _Broken("broken")
    return descriptor


@dataclass(frozen=True, slots=True)
class _Name:
    """What a folder says of one of its files (4/14.4)."""

    text: str
    place: _Place


def _folder(volume: _Volume, place: _Place, path: str, above: frozenset[tuple[int, int]]) -> Iterator[Piece]:
    """What lies in a folder, and in those in it. Raises `_Broken`."""
    key = (place.partition, place.block)
    if key in above:
        return
    if len(above) >= _MAX_DEPTH:
        yield Flagged(Flag.LIMIT)
        return
    for name in _names(_content(volume, place, _MAX_DIRECTORY_OCTETS), volume.budget):
        yield from _file(volume, name, path, above | {key})


def _file(volume: _Volume, name: _Name, path: str, above: frozenset[tuple[int, int]]) -> Iterator[Piece]:
    try:
        entry = _descriptor(volume, name.place, {_FILE, _EXTENDED_FILE})
        if entry[27] == _DIRECTORY:
            yield Entry(path + name.text, kind=MemberKind.DIRECTORY)
            yield from _folder(volume, name.place, f"{path}{name.text}/", above)
            return
        content = _content(volume, name.place)
        (size,) = struct.unpack_from("<Q", entry, 56)
    except (_Broken, struct.error):
        yield Entry(path + name.text, error="broken")
        return
    kind = MemberKind.LINK if entry[27] == _LINK else MemberKind.FILE
    yield Entry(path + name.text, content, kind, error="" if len(content) == size else "cut short")


def _names(data: bytes, budget: Budget) -> Iterator[_Name]:
    at = 0
    while at + 38 <= len(data) and _is(data[at : at + 16], _NAME):
        budget.check_time()
        marks, name_octets, octets, block, partition = struct.unpack_from("<BBIIH", data, at + 18)
        (other_octets,) = struct.unpack_from("<H", data, at + 36)
        start = at + 38 + other_octets
        if not marks & (_IS_DELETED | _IS_PARENT):
            yield _Name(_text(data[start : start + name_octets]), _Place(octets, block, partition))
        at = (start + name_octets + 3) // 4 * 4


def _text(raw: bytes) -> str:
    """A compressed string of OSTA (UDF 2.1.1): one octet or two for each character."""
    return raw[1:].decode("utf-16-be" if raw[:1] in {b"\x10", b"\xff"} else "latin-1", "replace")


def _content(volume: _Volume, place: _Place, at_most: int | None = None) -> bytes:
    """What a file or folder holds. Raises `_Broken`, and `Exceeded` where that is too much."""
    entry = _descriptor(volume, place, {_FILE, _EXTENDED_FILE})
    head = 216 if _is(entry, _EXTENDED_FILE) else 176
    (size,) = struct.unpack_from("<Q", entry, 56)
    attributes, octets = struct.unpack_from("<II", entry, head - 8)
    table = entry[head + attributes : head + attributes + octets]
    if entry[34] & 7 == _INLINE:
        return table[:size]
    size = size if at_most is None else min(size, at_most)
    content = bytearray()
    for kind, extent in _extents(volume, table, entry[34] & 7, place.partition):
        count = min(extent.octets, size - len(content))
        volume.budget.check_octets(len(content) + count)
        content += volume.read(_Place(count, extent.block, extent.partition)) if kind == _STORED else bytes(count)
        if len(content) >= size:
            break
    return bytes(content)


def _extents(volume: _Volume, table: bytes, shape: int, partition: int) -> Iterator[tuple[int, _Place]]:
    """Type and place of each extent, through all tables that continue the first (4/12.1)."""
    left = _MAX_EXTENTS
    for _ in range(_MAX_CONTINUED):
        following: _Place | None = None
        for kind, extent in _rows(table, shape, partition):
            left -= 1
            if kind == _CONTINUED or left < 0:
                following = extent if left >= 0 else None
                break
            yield kind, extent
        if following is None:
            return
        volume.budget.check_time()
        more = _descriptor(volume, following, {_MORE_EXTENTS})
        (octets,) = struct.unpack_from("<I", more, 20)
        table = more[24 : 24 + octets]


def _rows(table: bytes, shape: int, partition: int) -> Iterator[tuple[int, _Place]]:
    """The extents of one table; those of the short kind stand in the file's own partition."""
    if shape not in _ROWS:
        raise _Broken("broken")
    row = _ROWS[shape]
    for at in range(0, len(table) - row.size + 1, row.size):
        said, block, *inside = row.unpack_from(table, at)
        if said & _LENGTH == 0:
            return
        yield said >> 30, _Place(said & _LENGTH, block, *(inside or (partition,)))
