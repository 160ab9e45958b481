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
    """The files of the volume that the disk is, and of those in its partitions; `sector`: what its table counts in."""
    volumes: list[Octets] = list(_partitions(disk, sector))
    if is_fat(disk) or is_udf(disk):
        beside = list(partitions_beside(disk, sector))
        if beside:
            yield Flagged(Flag.AMBIGUOUS)
        volumes = [disk, *beside]
    if not volumes:
        yield from _NO_VOLUME
    for volume in volumes:
        yield from volume_pieces(volume, budget)


def partitions_beside(disk: Octets, sector: int = SECTOR) -> Iterator[Octets]:
    """The partitions of a disk that is a volume itself, as far as they begin as volumes do.

    Honest hybrid discs have others, too: the disc once more, the gaps between its files, what Apple's firmware reads.
    """
    for volume in _partitions(disk, sector):
        if volume[510:512] == b"\x55\xaa" or is_udf(volume):
            yield volume


def volume_pieces(volume: Octets, budget: Budget) -> Iterator[Piece]:
    """The files of one volume."""
    budget.check_time()
    if is_fat(volume):
        yield from fat_pieces(volume, budget)
    elif is_udf(volume):
        yield from udf_pieces(volume, budget)
    else:
        yield from _NO_VOLUME


# NTFS and others: Windows opens them, we do not.
_NO_VOLUME = (Flagged(Flag.UNOPENABLE), Broken("no volume that we read"))


def _partitions(disk: Octets, sector: int) -> Iterator[Span]:
    table = disk[:SECTOR].ljust(SECTOR, b"\0")
    for row in range(4):
        at = 446 + 16 * row
        kind = table[at + 4]
        first, count = struct.unpack_from("<II", table, at + 8)
        if kind == _GPT:
            yield from _gpt(disk, sector)
            return
        if kind and first and count:
            yield Span(disk, first * sector, (first + count) * sector)


def _gpt(disk: Octets, sector: int) -> Iterator[Span]:
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
        if entry[:16].strip(b"\0") and 0 < first <= last:
            yield Span(disk, first * sector, (last + 1) * sector)
