"""Where the directories of a zip are: all that some reader may find, and how well each fits its end record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ecluse.opening.archives.zip.records import (
    END,
    END_64,
    LOCATOR_64,
    End,
    Header,
    central_header,
    end_records,
)
from ecluse.opening.flags import Flag

_MAX_ENDS = 64
_MAX_HEADERS = 100_000  # More than any budget lets through.
_SIGNATURE = b"PK\x05\x05"  # A signed directory has this record behind it.
_WIDE_COUNT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Directory:
    """One central directory."""

    start: int
    end: int  # Behind its last record.
    headers: tuple[Header, ...]
    shift: int  # What must be added to its offsets: octets stand before the zip that it does not know of.
    flags: tuple[Flag, ...] = ()


def directories(data: bytes) -> tuple[list[Directory], list[int]]:
    """Every directory, that of the last end record first; and where end records stand that lead to none."""
    found: dict[int, Directory] = {}
    strays = []
    for end in end_records(data, _MAX_ENDS):
        places = list(_places(data, end))
        if not places and not end.is_wide and (end.count or end.size):
            strays.append(end.at)
        for start, shift in places:
            earlier = found.get(start)
            directory = earlier or _read(data, start, shift)
            flags = dict.fromkeys((*directory.flags, *_flags(data, end, directory)))
            found[start] = replace(directory, flags=tuple(flags))
    return list(found.values()), strays


def has_end(data: bytes) -> bool:
    """Whether an end record is there at all: an empty zip is nothing else."""
    return END in data


def _places(data: bytes, end: End) -> Iterator[tuple[int, int]]:
    """Where a directory may begin by this end record, and what its offsets lack then."""
    by_size = end.at - end.size
    if central_header(data, by_size):
        yield by_size, by_size - end.offset
    if end.offset != by_size and central_header(data, end.offset):
        yield end.offset, 0


def _read(data: bytes, start: int, shift: int) -> Directory:
    headers: list[Header] = []
    at = start
    while (header := central_header(data, at)) and len(headers) < _MAX_HEADERS:
        headers.append(header)
        at = header.end
    return Directory(start, at, tuple(headers), shift)


def _flags(data: bytes, end: End, directory: Directory) -> Iterator[Flag]:
    """What does not fit between a directory and an end record that leads to it."""
    count = len(directory.headers)
    if count not in {end.count, end.count + (count & ~_WIDE_COUNT)}:
        yield Flag.AMBIGUOUS
    if end.size != directory.end - directory.start:
        yield Flag.MISMATCH
    # Records of 64 bits, or a signature, stand between honestly.
    if directory.end != end.at and not data.startswith((END_64, LOCATOR_64, _SIGNATURE), directory.end):
        yield Flag.AMBIGUOUS
    if directory.shift:
        yield Flag.PREPENDED
    if end.end > len(data):
        yield Flag.AMBIGUOUS
    elif data[end.end :].strip(b"\0\r\n\t "):
        yield Flag.APPENDED
    if end.disk:
        yield Flag.INCOMPLETE
