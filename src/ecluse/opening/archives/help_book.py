"""Compiled help (CHM): the pages, scripts and files that lie in it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.opening.archives.lzx import FRAME, BadLzx, unpacked
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece

_CONTENT = "::DataSpace/Storage/MSCompressed/Content"
_CONTROL = "::DataSpace/Storage/MSCompressed/ControlData"
_OF_ITSELF = ("::", "/#", "/$")  # Names of what a book says about itself.
_PLAIN, _COMPRESSED = 0, 1  # Sections.
_CHUNK_HEAD = 20
_MAX_NAME = 1_024


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    section: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Book:
    data: bytes
    start: int  # Of the plain section.
    items: tuple[_Item, ...]

    def plain(self, name: str) -> bytes:
        """The octets of an item of the plain section; nothing where it is not there."""
        found = (item for item in self.items if item.name == name and item.section == _PLAIN)
        return next((self.octets(item) for item in found), b"")

    def octets(self, item: _Item) -> bytes:
        """Of an item of the plain section."""
        return self.data[self.start + item.offset : self.start + item.offset + item.size]


def open_help_book(file: File, budget: Budget) -> Iterator[Piece]:
    """Every file; what the book says about itself are layers."""
    try:
        book = _read(file.content, budget)
    except (struct.error, OverflowError):
        yield Broken("broken")
        return
    pages, problem = _pages(book, budget)
    for item in book.items:
        budget.check_time()
        if not item.size or item.name.endswith("/"):
            continue
        source = book.octets(item) if item.section == _PLAIN else pages[item.offset : item.offset + item.size]
        if item.name.startswith(_OF_ITSELF):
            if not item.name.startswith("::"):
                yield Entry(item.name, bytes(source), is_member=False)
            continue
        error = "" if len(source) == item.size else "cut short"
        yield Entry(item.name.removeprefix("/"), bytes(source), error=error)
    if problem:
        yield Flagged(Flag.UNOPENED)
        yield Broken("broken")


def _read(data: bytes, budget: Budget) -> _Book:
    """Raises `struct.error`, and `OverflowError` for places that no file has."""
    (version,) = struct.unpack_from("<I", data, 4)
    directory, octets = struct.unpack_from("<QQ", data, 72)
    start = struct.unpack_from("<Q", data, 88)[0] if version >= 3 else directory + octets
    head, _, chunk = struct.unpack_from("<III", data, directory + 8)
    items: list[_Item] = []
    for at in range(directory + head, min(directory + octets, len(data)), max(chunk, 64)):
        budget.check_time()
        if data.startswith(b"PMGL", at):
            (free,) = struct.unpack_from("<I", data, at + 4)
            items += _items(data[at + _CHUNK_HEAD : at + max(chunk - free, 0)], budget)
    return _Book(data, start, tuple(items))


def _items(chunk: bytes, budget: Budget) -> Iterator[_Item]:
    at = 0
    while at < len(chunk):
        budget.check_time()
        octets, at = _number(chunk, at)
        name = chunk[at : at + octets]
        section, at = _number(chunk, at + octets)
        offset, at = _number(chunk, at)
        size, at = _number(chunk, at)
        if octets > _MAX_NAME or at > len(chunk):
            return
        yield _Item(name.decode("utf-8", "replace"), section, offset, size)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number in sevens of bits, the highest first, and where it ends."""
    value = 0
    for _ in range(9):
        octet = data[at] if at < len(data) else 0
        value, at = value << 7 | octet & 0x7F, at + 1
        if octet < 0x80:
            break
    return value, at


def _pages(book: _Book, budget: Budget) -> tuple[bytearray, bool]:
    """The content of the compressed section, as far as it can be had; and whether that was not all. Raises `Exceeded`."""
    size = max((item.offset + item.size for item in book.items if item.section == _COMPRESSED), default=0)
    pages = bytearray()
    if not size:
        return pages, False
    control = book.plain(_CONTROL)
    try:
        magic, version, interval, window = struct.unpack_from("<4x4sIII", control)
        if magic != b"LZXC":
            return pages, True
        unit = FRAME if version >= 2 else 1
        bits = (window * unit).bit_length() - 1
        for frame in unpacked(book.plain(_CONTENT), bits, size, budget, interval * unit):
            pages += frame
            budget.check_octets(len(pages))
    except (struct.error, BadLzx):
        return pages, True
    return pages, False
