"""Files of an exFAT volume (Microsoft's specification of 2019), as large sticks and disk images have it; Windows mounts it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.domain.opened import MemberKind
from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import Octets
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, Flagged, Piece

_BOOT = struct.Struct("<80xIIIII6xHBB")
_ENTRY_OCTETS = 32
_END, _FILE, _STREAM, _NAME = 0x00, 0x85, 0xC0, 0xC1  # Types of entries that are in use (6.2.1).
_DIRECTORY = 0x10
_IS_CONTIGUOUS = 2  # Of a stream: its clusters stand side by side, and the table does not count (6.3.4.2).
_SECOND_TABLE = 1  # Of the volume: the second table counts.
_MAX_DEPTH = 64
_MAX_DIRECTORY_OCTETS = 16_777_216  # Of 268,435,456 that the specification allows: half a million entries.
_PIECE_OCTETS = 1_048_576


@dataclass(frozen=True, slots=True)
class _Volume:
    data: Octets
    budget: Budget
    table: int  # Where it stands.
    heap: int  # Where cluster 2 stands.
    clusters: int
    cluster_octets: int
    root: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where octets stand."""

    cluster: int
    size: int
    written: int  # What lies behind is zero, whatever the clusters hold.
    is_contiguous: bool = False


@dataclass(frozen=True, slots=True)
class _Record:
    name: str
    is_directory: bool
    place: _Place


def is_exfat(data: Octets) -> bool:
    """Whether a boot sector of such a volume begins here."""
    return data[3:11] == b"EXFAT   "


def exfat_pieces(data: Octets, budget: Budget) -> Iterator[Piece]:
    """Every file and folder that is not deleted."""
    volume = _volume(data, budget)
    if volume is None:
        yield Flagged(Flag.UNOPENED)
        yield Broken("broken")
        return
    root = _Place(volume.root, _MAX_DIRECTORY_OCTETS, _MAX_DIRECTORY_OCTETS)
    yield from _directory(volume, root, "", frozenset({volume.root}))


def _volume(data: Octets, budget: Budget) -> _Volume | None:
    boot = data[:512]
    if len(boot) < 512:
        return None
    table, table_sectors, heap, clusters, root, flags, sector_bits, cluster_bits = _BOOT.unpack_from(boot)
    if not 9 <= sector_bits <= 12 or cluster_bits > 25 - sector_bits:
        return None
    if flags & _SECOND_TABLE:
        table += table_sectors
    sector = 1 << sector_bits
    return _Volume(data, budget, table * sector, heap * sector, clusters, sector << cluster_bits, root)


def _directory(volume: _Volume, place: _Place, path: str, above: frozenset[int]) -> Iterator[Piece]:
    for record in _records(_content(volume, place), volume.budget):
        name = path + record.name
        if not record.is_directory:
            content = _content(volume, record.place)
            yield Entry(name, content, error="" if len(content) == record.place.size else "cut short")
            continue
        yield Entry(name, kind=MemberKind.DIRECTORY)
        cluster = record.place.cluster
        if len(above) >= _MAX_DEPTH:
            yield Flagged(Flag.LIMIT)
        elif cluster not in above:
            yield from _directory(volume, record.place, f"{name}/", above | {cluster})


def _records(data: bytes, budget: Budget) -> Iterator[_Record]:
    """The sets of entries: a file, its stream, and its name in pieces (7.4)."""
    at = 0
    while at + _ENTRY_OCTETS <= len(data) and data[at] != _END:
        budget.check_time()  # Also of sets that are none: each looks through the 255 entries behind it.
        kind, further, attributes = data[at], data[at + 1], data[at + 4]
        at += _ENTRY_OCTETS
        if kind != _FILE:
            continue
        rows = [data[row : row + _ENTRY_OCTETS] for row in range(at, at + further * _ENTRY_OCTETS, _ENTRY_OCTETS)]
        stream = next((row for row in rows if row[:1] == bytes([_STREAM]) and len(row) == _ENTRY_OCTETS), None)
        if stream is None:
            continue
        name = b"".join(row[2:] for row in rows if row[:1] == bytes([_NAME]))[: 2 * stream[3]]
        written, cluster, size = struct.unpack_from("<Q4xIQ", stream, 8)
        place = _Place(cluster, size, written, bool(stream[1] & _IS_CONTIGUOUS))
        yield _Record(name.decode("utf-16-le", "replace"), bool(attributes & _DIRECTORY), place)


def _content(volume: _Volume, place: _Place) -> bytes:
    """As far as its clusters are on the disk; a circle ends it."""
    content = bytearray()
    for start, octets in _extents(volume, place):
        stored = volume.data[start : start + min(octets, place.size - len(content))]
        content += stored
        volume.budget.check_octets(len(content))
        if len(content) >= place.size or len(stored) < octets:
            break
    if len(content) > place.written:
        content[place.written :] = bytes(len(content) - place.written)
    return bytes(content)


def _extents(volume: _Volume, place: _Place) -> Iterator[tuple[int, int]]:
    """Where its octets stand, and how many."""
    if place.is_contiguous:
        if 2 <= place.cluster < volume.clusters + 2:
            start = volume.heap + (place.cluster - 2) * volume.cluster_octets
            for done in range(0, place.size, _PIECE_OCTETS):
                yield start + done, _PIECE_OCTETS
        return
    cluster, seen = place.cluster, set[int]()
    while 2 <= cluster < volume.clusters + 2 and cluster not in seen:
        seen.add(cluster)
        yield volume.heap + (cluster - 2) * volume.cluster_octets, volume.cluster_octets
        at = volume.table + cluster * 4
        cluster = int.from_bytes(volume.data[at : at + 4], "little")
