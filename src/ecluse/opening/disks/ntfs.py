"""Files of an NTFS volume, as its folders name them: of a disk image, or of a partition; Windows mounts both.

There is no standard; the layout is as Linux and ntfs-3g know it (`include/ntfs-3g/layout.h`). What is encrypted, or
packed by Windows itself (WOF), is said and not read. Every block of a folder is read, in its tree or not: what is more than Windows shows does no harm.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ecluse.domain.opened import MemberKind
from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import Octets
from ecluse.opening.disks.lznt1 import unpack
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, Flagged, Piece

_MFT, _ROOT, _EXTENSIONS = 0, 5, 11  # Numbers of records that are the same on every volume.
_SYSTEM_FILES = 12  # So many records are the volume's own: nobody opens them, but for these folders.
_LIST, _DATA, _INDEX_ROOT, _INDEX = 0x20, 0x80, 0x90, 0xA0  # Kinds of attributes.
_END = 0xFFFFFFFF
_IN_USE, _IS_FOLDER = 1, 2  # Of a record.
_COMPRESSED, _ENCRYPTED = 0x00FF, 0x4000  # Of an attribute.
_IS_LAST = 2  # Of an entry of a folder.
_SHORT = 2  # The kind of names that only DOS sees.
_FOLDER = "$I30"
_PACKED = "WofCompressedData"  # The stream of a file that Windows unpacks when it is read.
_PACKED_FLAGS = (Flag.UNOPENED,)
_SECTOR = 512  # What the two octets at its end are changed of, in records and blocks of folders.
_REFERENCE = (1 << 48) - 1  # The number of a record; above it, how often that was used.
_MAX_RECORD_OCTETS, _MAX_CLUSTER_OCTETS = 65_536, 2_097_152
_MAX_ATTRIBUTES = 1_024  # Of one record.
_MAX_RECORDS = 2_000  # Of one file.
_MAX_RUNS = 100_000  # Of one stream.
_MAX_LIST_OCTETS, _MAX_FOLDER_OCTETS = 262_144, 16_777_216
_MAX_UNIT = 4  # What Windows has: 16 clusters.
_MAX_DEPTH = 64
_HOLE_OCTETS = 1_048_576


class _Broken(Exception):
    """A record does not say what it must; the text is ours."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Clusters that stand together; `at` is None where they are a hole."""

    first: int  # Its number in the stream.
    count: int
    at: int | None


@dataclass(slots=True)
class _Stream:
    """One attribute, pieced together from all records of its file."""

    value: bytes | None = None  # What stands in the record itself.
    runs: list[_Run] = field(default_factory=list)
    size: int = 0
    written: int = 0  # What lies behind is zero, whatever the clusters hold.
    flags: int = 0
    unit: int = 0  # Clusters that were compressed together, as a power of two; 0 where none were.


@dataclass(frozen=True, slots=True)
class _File:
    uses: int  # How often its record was used, one file after the other.
    is_used: bool
    is_folder: bool
    streams: dict[tuple[int, str], _Stream]


@dataclass(frozen=True, slots=True)
class _Linked:
    """What the entries of a folder say of one record."""

    number: int
    uses: int  # As the record says it; 0 = whatever.
    names: list[str]  # Those for DOS only where there is no other.


@dataclass(slots=True)
class _Volume:
    disk: Octets
    cluster_octets: int
    record_octets: int
    budget: Budget
    records: _Stream = field(default_factory=_Stream)  # All of them, one after the other.


def is_ntfs(disk: Octets) -> bool:
    """Whether a boot sector of such a volume begins here."""
    return disk[3:11] == b"NTFS    "  # What else stands at the sector's end is asked by nobody.


def ntfs_pieces(disk: Octets, budget: Budget) -> Iterator[Piece]:
    """Every file and folder that is not deleted, and the streams beside their contents."""
    try:
        volume = _opened(disk, budget)
        root = _file(volume, _ROOT)
    except (_Broken, struct.error) as problem:
        yield from _unread(str(problem) if isinstance(problem, _Broken) else "broken")
        return
    yield from _folder(volume, root, "", frozenset({_ROOT}))


def _unread(problem: str) -> Iterator[Piece]:
    yield Flagged(Flag.UNOPENED)
    yield Broken(problem)


def _opened(disk: Octets, budget: Budget) -> _Volume:
    """The volume, with the places of its records. Raises `_Broken` and `struct.error`."""
    volume, first = _measured(disk, budget)
    # The first record says where all records are; until it is read, it is all that is known.
    clusters = -(-volume.record_octets // volume.cluster_octets)
    volume.records = _Stream(runs=[_Run(0, clusters, first)], size=volume.record_octets)
    own = _file(volume, _MFT).streams.get((_DATA, ""))
    if own is None or not own.runs:
        raise _Broken("no table of files")
    volume.records = own
    return volume


def _measured(disk: Octets, budget: Budget) -> tuple[_Volume, int]:
    """What the boot sector says: a volume, and the cluster where its records begin. Raises `_Broken` and `struct.error`."""
    boot = disk[:_SECTOR]
    sector, clusters, first, each = *struct.unpack_from("<HB", boot, 11), *struct.unpack_from("<Q8xB", boot, 48)
    cluster_octets = sector * (clusters if clusters <= 128 else 1 << (256 - clusters))
    record_octets = 1 << (256 - each) if each > 128 else each * cluster_octets
    if sector not in {512, 1_024, 2_048, 4_096} or not _SECTOR <= cluster_octets <= _MAX_CLUSTER_OCTETS:
        raise _Broken("no such clusters")
    if not _SECTOR <= record_octets <= _MAX_RECORD_OCTETS or record_octets % _SECTOR:
        raise _Broken("no such records")
    return _Volume(disk, cluster_octets, record_octets, budget), first


def _folder(volume: _Volume, folder: _File, path: str, above: frozenset[int]) -> Iterator[Piece]:
    for linked in _entries(volume, folder):
        volume.budget.check_time()
        if linked.number >= _SYSTEM_FILES or linked.number == _EXTENSIONS:
            yield from _member(volume, linked, path, above)


def _member(volume: _Volume, linked: _Linked, path: str, above: frozenset[int]) -> Iterator[Piece]:
    """The file by each of its names; of a folder what lies in it, too."""
    try:
        file = _file(volume, linked.number)
    except (_Broken, struct.error):
        yield from (Entry(path + name, error="its record is broken") for name in linked.names)
        yield Flagged(Flag.BROKEN)
        return
    if not file.is_used or (linked.uses and file.uses != linked.uses):
        return  # The entry of a file that is gone.
    if linked.number != _EXTENSIONS:
        for name in linked.names:
            yield from _contents(volume, file, path + name)
    if not file.is_folder or linked.number in above:
        return
    if len(above) < _MAX_DEPTH:
        yield from _folder(volume, file, f"{path}{linked.names[0]}/", above | {linked.number})
    else:
        yield Flagged(Flag.LIMIT)


def _contents(volume: _Volume, file: _File, name: str) -> Iterator[Piece]:
    """The file by one of its names; of streams beside it as Windows spells them."""
    volume.budget.check_time()  # A hundred thousand names may be of one file, whose thousands of attributes hold no data.
    if file.is_folder:
        yield Entry(name, kind=MemberKind.DIRECTORY)
    is_packed = (_DATA, _PACKED) in file.streams
    for (kind, stream), place in file.streams.items():
        if kind != _DATA:
            continue
        spelt = f"{name}:{stream}" if stream else name
        if place.flags & _ENCRYPTED:
            yield Entry(spelt, is_encrypted=True, error="encrypted")
        elif is_packed and not stream:
            yield Entry(spelt, error="compressed", flags=_PACKED_FLAGS)
        else:
            content = _content(volume, place)
            yield Entry(spelt, content, error="" if len(content) >= place.size else "cut short")


def _entries(volume: _Volume, folder: _File) -> Iterator[_Linked]:
    found: dict[tuple[int, int], dict[str, bool]] = {}
    for reference, name, is_short in _names(volume, folder):
        found.setdefault((reference & _REFERENCE, reference >> 48), {}).setdefault(name, is_short)
    for (number, uses), names in found.items():
        yield _Linked(number, uses, [name for name, is_short in names.items() if not is_short] or list(names))


def _names(volume: _Volume, folder: _File) -> Iterator[tuple[int, str, bool]]:
    """Reference to the record, name, and whether only DOS sees it."""
    root = folder.streams.get((_INDEX_ROOT, _FOLDER))
    if root is None or root.value is None:
        return
    yield from _names_in(root.value, 16)
    blocks = folder.streams.get((_INDEX, _FOLDER))
    octets = int.from_bytes(root.value[8:12], "little")
    if blocks is None or not _SECTOR <= octets <= _MAX_RECORD_OCTETS:
        return
    data = _content(volume, blocks, _MAX_FOLDER_OCTETS)
    for at in range(0, len(data), octets):
        volume.budget.check_time()
        if data.startswith(b"INDX", at):
            yield from _names_in(_mended(data[at : at + octets]), 24)


def _names_in(block: bytes, header: int) -> Iterator[tuple[int, str, bool]]:
    """The entries behind a header of an index, as far as they can be read."""
    at = header + int.from_bytes(block[header : header + 4], "little")
    end = min(len(block), header + int.from_bytes(block[header + 4 : header + 8], "little"))
    while at + 16 <= end:
        reference, octets, key_octets, flags = struct.unpack_from("<QHHH", block, at)
        if flags & _IS_LAST or octets < 16:
            return
        if key_octets >= 66:
            key = block[at + 16 : at + 16 + key_octets].ljust(66, b"\0")
            name = key[66 : 66 + 2 * key[64]].decode("utf-16-le", "replace")
            yield reference, name, key[65] == _SHORT
        at += octets


def _file(volume: _Volume, number: int) -> _File:
    """What a record says, and those that go on where it ends. Raises `_Broken` and `struct.error`."""
    record = _record(volume, number)
    uses, flags = struct.unpack_from("<H4xH", record, 16)
    streams: dict[tuple[int, str], _Stream] = {}
    _gather(record, streams)
    further = streams.get((_LIST, ""))
    if further is not None:
        for other in _listed(_content(volume, further, _MAX_LIST_OCTETS), number):
            volume.budget.check_time()
            _gather(_record(volume, other), streams)
    for stream in streams.values():
        stream.runs.sort(key=lambda run: run.first)
    return _File(uses, bool(flags & _IN_USE), bool(flags & _IS_FOLDER), streams)


def _listed(data: bytes, own: int) -> list[int]:
    """Numbers of the other records that a list of attributes names."""
    others: dict[int, None] = {}
    at = 0
    while at + 24 <= len(data) and len(others) < _MAX_RECORDS:
        octets = int.from_bytes(data[at + 4 : at + 6], "little")
        others[int.from_bytes(data[at + 16 : at + 22], "little")] = None
        if octets < 24:
            break
        at += octets
    others.pop(own, None)
    return list(others)


def _record(volume: _Volume, number: int) -> bytes:
    """Raises `_Broken` where there is none."""
    at = number * volume.record_octets
    record = _read(volume, volume.records, at, at + volume.record_octets)
    if not record.startswith(b"FILE"):
        raise _Broken("no record of a file")
    return _mended(record)


def _mended(block: bytes) -> bytes:
    """With the last octets of each sector that are kept at its beginning; whether they were changed as they should is not asked."""
    places, count = struct.unpack_from("<HH", block.ljust(8, b"\0"), 4)
    mended = bytearray(block)
    for row in range(1, min(count, len(block) // _SECTOR + 1)):
        kept = block[places + 2 * row : places + 2 * row + 2]
        if len(kept) == 2:
            mended[row * _SECTOR - 2 : row * _SECTOR] = kept
    return bytes(mended)


def _gather(record: bytes, streams: dict[tuple[int, str], _Stream]) -> None:
    """Add the attributes of a record to what others of the same file have said. Raises `struct.error`."""
    for attribute in _attributes(record):
        kind, is_elsewhere, name_size, name_at, flags = struct.unpack_from("<I4xBBHH", attribute)
        name = attribute[name_at : name_at + 2 * name_size].decode("utf-16-le", "replace")
        stream = streams.setdefault((kind, name), _Stream())
        stream.flags |= flags
        if is_elsewhere and stream.value is None:
            _note_runs(attribute, stream)
        elif stream.value is None and not stream.runs:
            size, start = struct.unpack_from("<IH", attribute, 16)
            stream.value = attribute[start : start + size]


def _attributes(record: bytes) -> Iterator[bytes]:
    """Sixteen octets at least. Raises `struct.error`."""
    (at,) = struct.unpack_from("<H", record, 20)
    for _ in range(_MAX_ATTRIBUTES):
        if at + 16 > len(record):
            return
        kind, octets = struct.unpack_from("<II", record, at)
        if kind == _END or octets < 16:
            return
        yield record[at : at + octets]
        at += octets


def _note_runs(attribute: bytes, stream: _Stream) -> None:
    first, runs_at = struct.unpack_from("<Q8xH", attribute, 16)
    if first == 0:
        stream.size, stream.written = struct.unpack_from("<QQ", attribute, 48)
        (stream.unit,) = struct.unpack_from("<H", attribute, 34) if stream.flags & _COMPRESSED else (0,)
    stream.runs += islice(_runs_in(attribute, runs_at, first), _MAX_RUNS - len(stream.runs))


def _runs_in(attribute: bytes, at: int, first: int) -> Iterator[_Run]:
    """How many clusters, and how far from those before, in as many octets as the one before them says."""
    place = 0
    while at < len(attribute) and attribute[at]:
        count_octets, place_octets = attribute[at] & 15, attribute[at] >> 4
        end = at + 1 + count_octets + place_octets
        if end > len(attribute):
            return
        count = int.from_bytes(attribute[at + 1 : at + 1 + count_octets], "little")
        place += int.from_bytes(attribute[end - place_octets : end], "little", signed=True)
        yield _Run(first, count, place if place_octets else None)
        first += count
        at = end


def _content(volume: _Volume, stream: _Stream, at_most: int | None = None) -> bytes:
    """All octets of a stream, or the first ones of it, as far as they are on the disk."""
    if stream.value is not None:
        return stream.value if at_most is None else stream.value[:at_most]
    size = stream.size if at_most is None else min(stream.size, at_most)
    content = bytearray()
    while len(content) < size:
        # Holes are as long as somebody says that they are.
        end = min(size, len(content) + _HOLE_OCTETS)
        read = _unpacked if stream.unit else _read
        piece = read(volume, stream, len(content), end)
        if not piece:
            break
        content += piece
        volume.budget.check_octets(len(content))
    if len(content) > stream.written:
        content[stream.written :] = bytes(len(content) - stream.written)
    return bytes(content)


def _unpacked(volume: _Volume, stream: _Stream, start: int, end: int) -> bytes:
    """One unit: as it is where it fills its clusters, zeros where it has none, else packed into the first ones of them."""
    octets = volume.cluster_octets << min(stream.unit, _MAX_UNIT)
    first = start // octets * octets
    runs = list(_stored_in(volume, stream, first, first + octets))
    held = sum(run_end - run_start for run_start, run_end in runs)
    stored = b"".join(_read(volume, stream, run_start, run_end) for run_start, run_end in runs)
    if held and held < octets:
        stored = unpack(stored, octets, volume.budget)
    return stored.ljust(octets, b"\0")[start - first : end - first]


def _stored_in(volume: _Volume, stream: _Stream, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where there are clusters between these places of the stream."""
    for run in _runs_from(stream, start // volume.cluster_octets):
        first, last = (cluster * volume.cluster_octets for cluster in (run.first, run.first + run.count))
        if first >= end:
            return
        if run.at is not None and max(first, start) < min(last, end):
            yield max(first, start), min(last, end)


def _read(volume: _Volume, stream: _Stream, start: int, end: int) -> bytes:
    """The octets from there to there, as far as its runs have them without a gap."""
    content = bytearray()
    for run in _runs_from(stream, start // volume.cluster_octets):
        first = run.first * volume.cluster_octets
        at = start + len(content) - first
        octets = min(end - first, run.count * volume.cluster_octets) - at
        if at < 0 or octets <= 0:
            break
        stored = _octets_of(volume, run, at, octets)
        content += stored
        if len(stored) < octets or start + len(content) >= end:
            break
    return bytes(content)


def _octets_of(volume: _Volume, run: _Run, at: int, octets: int) -> bytes:
    """Those from there on in a run, as far as they are on the disk."""
    if run.at is None:
        return bytes(octets)
    place = run.at * volume.cluster_octets + at
    return volume.disk[place : place + octets] if place >= 0 else b""


def _runs_from(stream: _Stream, cluster: int) -> Iterator[_Run]:
    """The runs from the one on that holds a cluster."""
    place = bisect_right(stream.runs, cluster, key=lambda run: run.first)
    for number in range(max(0, place - 1), len(stream.runs)):
        yield stream.runs[number]
