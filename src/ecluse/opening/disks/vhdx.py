"""Microsoft's VHDX ([MS-VHDX]): a disk of blocks that stand anywhere in the file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import SparseDisk
from ecluse.opening.disks.volumes import disk_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, File, Flagged, Piece

_HEADERS, _REGIONS = (65_536, 131_072), (196_608, 262_144)  # Each stands there twice (2.1).
_TABLE_OCTETS = 65_536
_MAX_REGIONS, _MAX_ITEMS = 2_047, 2_047
_BAT = UUID("2DC27766-F623-4200-9D64-115E9BFD4A08").bytes_le
_METADATA = UUID("8B7CA206-4790-4B9A-B8FE-575F050F886E").bytes_le
_PARAMETERS = UUID("CAA16737-FA36-4D43-B3B6-33F0AA44E76B").bytes_le
_SIZE = UUID("2FA54224-CD1B-4876-B211-5DBED83BF4B8").bytes_le
_SECTOR = UUID("8141BF1D-A96F-4709-BA47-F233A8FAAB5F").bytes_le
_HAS_PARENT = 2
_STORED = 6  # PAYLOAD_BLOCK_FULLY_PRESENT (2.5.1.1).
_MEGABYTE = 1_048_576
_CHECK_EACH = 4_096
_CHUNK_SECTORS = 1 << 23  # So many sectors' worth of blocks, then a row of the table that is about their bitmap.


class _Unreadable(Exception):
    """A table does not say what it must."""


def open_vhdx(file: File, budget: Budget) -> Iterator[Piece]:
    """The files of the disk in it; where its two tables of regions differ, those of both disks."""
    tables = [file.content[at : at + _TABLE_OCTETS] for at in _REGIONS]
    tables = [table for table in dict.fromkeys(tables) if table.startswith(b"regi")]
    if not tables:
        yield Broken("no table of regions")
    if len({table[8:] for table in tables}) > 1:
        yield Flagged(Flag.AMBIGUOUS)
    if any(_log(file.content, at).strip(b"\0") for at in _HEADERS):
        # Whoever mounts it writes these down first.
        yield Flagged(Flag.UNOPENED)
        yield Broken("changes wait in its log")
    for table in tables:
        try:
            disk, sector = _disk(file.content, table, budget)
        except (_Unreadable, struct.error) as problem:
            yield Flagged(Flag.UNOPENED)
            yield Broken(str(problem) if isinstance(problem, _Unreadable) else "broken")
            continue
        yield from disk_pieces(disk, budget, sector)


def _log(data: bytes, header: int) -> bytes:
    """The name of the log that is not empty; zeros where it is (2.2.2)."""
    return data[header + 48 : header + 64] if data.startswith(b"head", header) else b""


def _disk(data: bytes, table: bytes, budget: Budget) -> tuple[SparseDisk, int]:
    """The disk and the octets of its sectors. Raises `_Unreadable` and `struct.error`."""
    regions = _regions(table)
    if not {_BAT, _METADATA} <= regions.keys():
        raise _Unreadable("broken")
    items = _items(data, regions[_METADATA][0])
    block_octets, flags = struct.unpack("<II", items.get(_PARAMETERS, b"")[:8])
    (size,) = struct.unpack("<Q", items.get(_SIZE, b"")[:8])
    (sector,) = struct.unpack("<I", items.get(_SECTOR, b"")[:4])
    if flags & _HAS_PARENT:
        raise _Unreadable("it completes another disk")
    if sector not in {512, 4_096} or not _MEGABYTE <= block_octets <= 256 * _MEGABYTE:
        raise _Unreadable("broken")
    ratio = _CHUNK_SECTORS * sector // block_octets
    places = _places(data, regions[_BAT], -(-size // block_octets), ratio, budget)
    return SparseDisk(data, places, block_octets, size), sector


def _regions(table: bytes) -> dict[bytes, tuple[int, int]]:
    """What it is -> where it stands and how many octets it has."""
    (count,) = struct.unpack_from("<I", table, 8)
    rows = (struct.unpack_from("<16sQI", table, 16 + 32 * row) for row in range(min(count, _MAX_REGIONS)))
    return {kind: (at, octets) for kind, at, octets in rows}


def _items(data: bytes, start: int) -> dict[bytes, bytes]:
    """The items of the metadata, by what they are."""
    if not data.startswith(b"metadata", start):
        raise _Unreadable("broken")
    (count,) = struct.unpack_from("<H", data, start + 10)
    rows = (struct.unpack_from("<16sII", data, start + 32 + 32 * row) for row in range(min(count, _MAX_ITEMS)))
    return {kind: data[start + offset : start + offset + min(octets, 64)] for kind, offset, octets in rows}


def _places(data: bytes, region: tuple[int, int], blocks: int, ratio: int, budget: Budget) -> dict[int, int]:
    """Where the blocks stand that are stored; each `ratio` of them are followed by a row that is none."""
    at, octets = region
    count = min(blocks + blocks // ratio + 1, min(octets, max(0, len(data) - at)) // 8)
    places = {}
    for row, value in enumerate(struct.unpack_from(f"<{count}Q", data, at) if count else ()):
        if row % _CHECK_EACH == 0:
            budget.check_time()
        if value & 7 == _STORED and row % (ratio + 1) != ratio:
            places[row - row // (ratio + 1)] = (value >> 20) * _MEGABYTE
    return places
