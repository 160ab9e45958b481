"""The digests of all lists in one sorted file: found through mmap, so that memory stays flat (requirement: scale).

Layout: a line of JSON with the names of the lists and the count of digests, then records of 18 octets in their order: the
first 16 octets of a digest (all of an MD5; of a SHA-256 more than ever meet by chance), and the number of its list.
"""

from __future__ import annotations

import mmap
import time
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ecluse.adapters.folder.disk import FOR_ALL, write_durably
from ecluse.domain.errors import Unavailable

KEY_OCTETS = 16
RECORD_OCTETS = 18
MAX_HEAD_OCTETS = 1_048_576
LOOK_EVERY_S = 1.0
FORMAT = 1


class HashTable:
    """The port `HashLists`: reads the file at `path`, and the one that takes its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._look_at = 0.0  # Monotonic.
        self._opened: _Opened | None = None

    @property
    def is_empty(self) -> bool:
        """See `HashLists.is_empty`."""
        self._look()
        return self._opened is None or not self._opened.count

    def find(self, digest: bytes) -> str:
        """See `HashLists.find`."""
        self._look()
        return "" if self._opened is None else self._opened.find(digest)

    def _look(self) -> None:
        """Whether another file has taken the place of the one that is open."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            self._inode, self._opened = 0, None
            return
        if inode == self._inode:
            return
        try:
            self._opened = _Opened(self._path)
        except (OSError, ValueError, msgspec.MsgspecError) as problem:
            raise Unavailable(f"{self._path} cannot be read") from problem
        self._inode = inode


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the records."""

    format: int
    lists: tuple[str, ...]
    count: int


class _Opened:
    """One file, mapped."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            head = file.readline(MAX_HEAD_OCTETS)
            said = msgspec.json.decode(head, type=_Head)
            self._names, self.count = said.lists, said.count
            if said.format != FORMAT or path.stat().st_size != len(head) + self.count * RECORD_OCTETS:
                raise ValueError("a file of another release, or cut short")
            self._start = len(head)
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: int) -> bytes:
        at = self._start + place * RECORD_OCTETS
        return self._map[at : at + KEY_OCTETS]

    def find(self, digest: bytes) -> str:
        key = digest[:KEY_OCTETS]
        place = bisect_left(self, key)
        if place == self.count or self[place] != key:
            return ""
        at = self._start + place * RECORD_OCTETS + KEY_OCTETS
        return self._names[int.from_bytes(self._map[at : at + RECORD_OCTETS - KEY_OCTETS], "big")]


def write_table(path: Path, names: list[str], records: bytes) -> None:
    """Put a file in the place of the last one; `records` are sorted. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = _Head(FORMAT, tuple(names), len(records) // RECORD_OCTETS)
    write_durably(path, msgspec.json.encode(head) + b"\n", records, mode=FOR_ALL)
