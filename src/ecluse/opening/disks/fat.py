"""Files of a FAT volume (12, 16 or 32 bits), as mail carries them in disk images."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.domain.opened import MemberKind
from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import Octets
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, Flagged, Piece

_BOOT = struct.Struct("<11xHBHBHHBHxxxxxxxxI")
_ENTRY_OCTETS = 32
_DELETED, _END = 0xE5, 0x00
_VOLUME, _DIRECTORY, _LONG = 0x08, 0x10, 0x0F
_MAX_DEPTH = 32
_MAX_DIRECTORY_OCTETS = 2_097_152  # FAT's own limit: 65,536 records.


@dataclass(frozen=True, slots=True)
class _Volume:
    data: Octets
    bits: int
    cluster_octets: int
    table: int  # Where the first table stands.
    root: int  # Where the fixed root directory stands; of FAT32 its first cluster.
    root_octets: int  # 0 for FAT32.
    first: int  # Where cluster 2 stands.
    clusters: int


@dataclass(frozen=True, slots=True)
class _Record:
    name: str
    attributes: int
    cluster: int
    size: int


def is_fat(data: Octets) -> bool:
    """Whether a boot sector of such a volume begins here."""
    return data[510:512] == b"\x55\xaa" and _volume(data) is not None


def fat_pieces(data: Octets, budget: Budget) -> Iterator[Piece]:
    """Every file and folder that is not deleted."""
    volume = _volume(data)
    if volume is None:
        yield Broken("no volume")
        return
    root = _root(volume, budget)
    yield from _directory(volume, root, "", budget, frozenset())


def _volume(data: Octets) -> _Volume | None:
    boot = data[:512]
    if len(boot) < 512:
        return None
    sector, per_cluster, reserved, tables, root_entries, small, _, table_sectors, large = _BOOT.unpack_from(boot)
    if sector not in {512, 1_024, 2_048, 4_096} or not per_cluster or tables not in {1, 2} or not reserved:
        return None
    wide_sectors, root_cluster = struct.unpack_from("<I4xI", boot, 36)
    table_sectors = table_sectors or wide_sectors
    root = (reserved + tables * table_sectors) * sector
    root_octets = root_entries * _ENTRY_OCTETS
    first = root + (root_octets + sector - 1) // sector * sector
    clusters = ((small or large) * sector - first) // (per_cluster * sector)
    if clusters <= 0 or first >= len(data):
        return None
    bits = 32 if not root_entries else 12 if clusters < 4_085 else 16
    return _Volume(
        data,
        bits,
        per_cluster * sector,
        reserved * sector,
        root_cluster if bits == 32 else root,
        root_octets,
        first,
        clusters,
    )


def _root(volume: _Volume, budget: Budget) -> bytes:
    if volume.bits == 32:
        return _chain(volume, volume.root, _MAX_DIRECTORY_OCTETS, budget)
    return volume.data[volume.root : volume.root + volume.root_octets]


def _chain(volume: _Volume, cluster: int, at_most: int, budget: Budget) -> bytes:
    """The content of a chain of clusters; a circle ends it."""
    content = bytearray()
    seen: set[int] = set()
    while 2 <= cluster < volume.clusters + 2 and cluster not in seen and len(content) < at_most:
        budget.check_octets(len(content))
        seen.add(cluster)
        start = volume.first + (cluster - 2) * volume.cluster_octets
        content += volume.data[start : start + volume.cluster_octets]
        cluster = _next(volume, cluster)
    return bytes(content[:at_most])


def _next(volume: _Volume, cluster: int) -> int:
    if volume.bits == 12:
        at = volume.table + cluster * 3 // 2
        pair = int.from_bytes(volume.data[at : at + 2], "little")
        return pair >> 4 if cluster & 1 else pair & 0xFFF
    octets = volume.bits // 8
    at = volume.table + cluster * octets
    return int.from_bytes(volume.data[at : at + octets], "little") & 0x0FFFFFFF


def _directory(volume: _Volume, data: bytes, path: str, budget: Budget, above: frozenset[int]) -> Iterator[Piece]:
    for record in _records(data):
        budget.check_time()
        name = path + record.name
        if not record.attributes & _DIRECTORY:
            content = _chain(volume, record.cluster, record.size, budget)
            yield Entry(name, content, error="" if len(content) == record.size else "cut short")
            continue
        yield Entry(name, kind=MemberKind.DIRECTORY)
        if len(above) >= _MAX_DEPTH:
            yield Flagged(Flag.LIMIT)
        elif record.cluster not in above:
            inner = _chain(volume, record.cluster, _MAX_DIRECTORY_OCTETS, budget)
            yield from _directory(volume, inner, f"{name}/", budget, above | {record.cluster})


def _records(data: bytes) -> Iterator[_Record]:
    long_name: dict[int, bytes] = {}
    for at in range(0, len(data) - _ENTRY_OCTETS + 1, _ENTRY_OCTETS):
        entry = data[at : at + _ENTRY_OCTETS]
        if entry[0] == _END:
            return
        if entry[0] == _DELETED:
            long_name.clear()
        elif entry[11] == _LONG:
            long_name[entry[0] & 0x3F] = entry[1:11] + entry[14:26] + entry[28:32]
        elif not entry[11] & _VOLUME:
            name = _long(long_name) or _short(entry)
            long_name.clear()
            if name not in {".", ".."}:
                high, low, size = struct.unpack_from("<H4xHI", entry, 20)
                yield _Record(name, entry[11], high << 16 | low, size)


def _long(pieces: dict[int, bytes]) -> str:
    text = b"".join(pieces[number] for number in sorted(pieces)).decode("utf-16-le", "replace")
    return text.partition("\0")[0]


def _short(entry: bytes) -> str:
    base, suffix = (entry[start:end].decode("cp437").rstrip(" ") for start, end in ((0, 8), (8, 11)))
    return f"{base}.{suffix}" if suffix else base
