"""The volumes of a disk, with or without a table of partitions, and the files of those that we read."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import Octets, Span
from ecluse.opening.disks.fat import fat_pieces, is_fat
from ecluse.opening.disks.udf import is_udf, udf_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, File, Flagged, Piece

SECTOR = 512
_GPT = 0xEE
_GPT_ENTRIES = 128


def open_disk(file: File, budget: Budget) -> Iterator[Piece]:
    """The files of a raw image."""
    yield from disk_pieces(file.content, budget)


def disk_pieces(disk: Octets, budget: Budget, sector: int = SECTOR) -> Iterator[Piece]:
    """The files of the volume that the disk is, or of those in its partitions; `sector`: what its table counts in."""
    spans = [(0, len(disk))] if _is_volume(disk) else list(_partitions(disk, sector))
    if not spans:
        yield from _NO_VOLUME
    for start, end in spans:
        budget.check_time()
        yield from _volume_pieces(Span(disk, start, end), budget)


def _is_volume(disk: Octets) -> bool:
    return is_fat(disk) or is_udf(disk)


def _volume_pieces(volume: Octets, budget: Budget) -> Iterator[Piece]:
    if is_fat(volume):
        yield from fat_pieces(volume, budget)
    elif is_udf(volume):
        yield from udf_pieces(volume, budget)
    else:
        yield from _NO_VOLUME


# NTFS and others: Windows opens them, we do not.
_NO_VOLUME = (Flagged(Flag.UNOPENABLE), Broken("no volume that we read"))


def _partitions(disk: Octets, sector: int) -> Iterator[tuple[int, int]]:
    table = disk[:SECTOR].ljust(SECTOR, b"\0")
    for row in range(4):
        at = 446 + 16 * row
        kind = table[at + 4]
        first, count = struct.unpack_from("<II", table, at + 8)
        if kind == _GPT:
            yield from _gpt(disk, sector)
            return
        if kind and first and count:
            yield first * sector, (first + count) * sector


def _gpt(disk: Octets, sector: int) -> Iterator[tuple[int, int]]:
    header = disk[sector : sector + 92].ljust(92, b"\0")
    if not header.startswith(b"EFI PART"):
        return
    table, count, size = struct.unpack_from("<QII", header, 72)
    for row in range(min(count, _GPT_ENTRIES)):
        at = table * sector + row * size
        entry = disk[at : at + 48]
        if size < 128 or len(entry) < 48:
            return
        first, last = struct.unpack_from("<QQ", entry, 32)
        if entry[:16].strip(b"\0") and first <= last:
            yield first * sector, (last + 1) * sector
