"""The compound file of [MS-CFB]: storages and streams in one file, read leniently and within bounds."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_NODES = 10_000
_LAST_SECTOR = 0xFFFFFFFA  # Above stand the marks for free, end of chain and the like.
_STORAGE, _STREAM = 1, 2
# Shift of a sector's size, first sector of the directory, limit of small streams, their table, DIFAT, its start.
_HEADER = struct.Struct("<30xH16xI4xII4xI4x436s")
_ENTRY = struct.Struct("<64sHBxIII16s20xIQ")


class NotCompound(ValueError):
    """The octets are no compound file, or one whose directory cannot be read."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stream, a storage or the root."""

    path: tuple[str, ...]  # () of the root.
    is_stream: bool
    clsid: str  # Upper case with hyphens; "" for none.
    size: int
    start: int  # First sector.

    @property
    def name(self) -> str:
        """The last name of the path."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class _Raw:
    name: str
    kind: int
    left: int
    right: int
    child: int
    clsid: str
    start: int
    size: int


class CompoundFile:
    """An opened compound file; `nodes` are in the order of its tree, those that hang nowhere at the end."""

    __slots__ = ("_data", "_fat", "_mini", "_mini_fat", "_mini_limit", "_mini_shift", "_shift", "nodes")

    def __init__(self, data: bytes) -> None:
        """Raise `NotCompound` on what is none."""
        if len(data) < 512 or not data.startswith(MAGIC):
            raise NotCompound("no compound file")
        self._shift, directory, self._mini_limit, mini_fat, next_difat, difat = _HEADER.unpack_from(data)
        if not 7 <= self._shift <= 16:
            raise NotCompound("sectors of an odd size")
        self._data = data
        self._mini_shift = 6
        self._fat = self._read_fat(difat, next_difat)
        raws = list(self._raws(self._chain(directory, len(data))))
        if not raws:
            raise NotCompound("no directory")
        self._mini_fat = _words(self._chain(mini_fat, len(data)))
        self._mini = self._chain(raws[0].start, raws[0].size)
        self.nodes = tuple(_tree(raws))

    def read(self, node: Node, most: int) -> bytes:
        """A stream's content, cut at `most` octets and where its chain breaks."""
        size = min(node.size, most)
        if node.size >= self._mini_limit:
            return self._chain(node.start, size)
        return _follow(self._mini, self._mini_fat, node.start, self._mini_shift, size, 0)

    def find(self, *names: str) -> Node | None:
        """The stream or storage at this path, letter case apart."""
        wanted = tuple(name.casefold() for name in names)
        return next((node for node in self.nodes if tuple(map(str.casefold, node.path)) == wanted), None)

    def streams(self, below: tuple[str, ...] = ()) -> Iterator[Node]:
        """The streams of a storage and of all storages in it."""
        return (node for node in self.nodes if node.is_stream and node.path[: len(below)] == below)

    def _chain(self, start: int, size: int) -> bytes:
        return _follow(self._data, self._fat, start, self._shift, size, 1)

    def _read_fat(self, difat: bytes, next_difat: int) -> array[int]:
        """The allocation table; its sectors are named in the header and in a chain of sectors of their own."""
        sectors, size = _words(difat), 1 << self._shift
        for _ in range(len(self._data) // size):
            if next_difat >= _LAST_SECTOR:
                break
            more = _words(_sector(self._data, next_difat, self._shift))
            if not more:
                break
            sectors.extend(more[:-1])
            next_difat = more[-1]
        known = dict.fromkeys(sector for sector in sectors if sector < _LAST_SECTOR)
        return _words(b"".join(_sector(self._data, sector, self._shift) for sector in known))

    @staticmethod
    def _raws(directory: bytes) -> Iterator[_Raw]:
        for at in range(0, min(len(directory), MAX_NODES * 128) - 127, 128):
            name, octets, kind, left, right, child, clsid, start, size = _ENTRY.unpack_from(directory, at)
            text = name[: max(0, min(octets, 64) - 2)].decode("utf-16-le", "replace")
            yield _Raw(text, kind, left, right, child, _clsid(clsid), start, size & 0xFFFFFFFF)


def _tree(raws: list[_Raw]) -> Iterator[Node]:
    """The entries with their paths: by the tree first, then what is not on it (removed or hidden)."""
    seen: set[int] = {0}
    yield _node((), raws[0])
    todo: list[tuple[int, tuple[str, ...]]] = [(raws[0].child, ())]
    while todo:
        index, above = todo.pop()
        if index >= len(raws) or index in seen:
            continue
        seen.add(index)
        raw = raws[index]
        path = (*above, raw.name)
        todo += [(raw.right, above), (raw.left, above)]
        if raw.kind == _STORAGE and len(path) < 32:
            todo.append((raw.child, path))
        yield _node(path, raw)
    yield from (_node((raw.name,), raw) for at, raw in enumerate(raws) if at not in seen and raw.kind == _STREAM)


def _node(path: tuple[str, ...], raw: _Raw) -> Node:
    return Node(path, raw.kind == _STREAM, raw.clsid, raw.size, raw.start)


def _clsid(octets: bytes) -> str:
    return str(UUID(bytes_le=octets)).upper() if any(octets) else ""


def _words(octets: bytes) -> array[int]:
    words = array("I", octets[: len(octets) // 4 * 4])
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _sector(data: bytes, number: int, shift: int) -> bytes:
    """The first sector comes after the header, which fills one."""
    return data[(number + 1) << shift : (number + 2) << shift]


def _follow(data: bytes, table: array[int], start: int, shift: int, size: int, skip: int) -> bytes:
    """At most `size` octets along a chain of sectors; a loop ends it, as it cannot be longer than the data."""
    found: list[bytes] = []
    left, sector = min(size, len(data)), start
    while left > 0 and sector < _LAST_SECTOR:
        piece = data[(sector + skip) << shift : (sector + skip + 1) << shift][:left]
        if not piece:
            break
        found.append(piece)
        left -= len(piece)
        sector = table[sector] if sector < len(table) else _LAST_SECTOR
    return b"".join(found)
