"""The volumes of a disk, with or without a table of partitions, and the files of those that we read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import TypeAlias

from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import Octets, Span
from ecluse.opening.disks.exfat import exfat_pieces, is_exfat
from ecluse.opening.disks.fat import fat_pieces, is_fat
from ecluse.opening.disks.ntfs import is_ntfs, ntfs_pieces
from ecluse.opening.disks.udf import is_udf, udf_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, File, Flagged, Piece

SECTOR = 512
_GPT = 0xEE
_GPT_ENTRIES = 128

Reader: TypeAlias = Callable[[Octets, Budget], Iterator[Piece]]

# Whether it is such a volume -> who reads it. All that fit are asked: a boot sector can be made to look like two.
_BY_BOOT_SECTOR: tuple[tuple[Callable[[Octets], bool], Reader], ...] = (
    (is_fat, fat_pieces),
    (is_ntfs, ntfs_pieces),
    (is_exfat, exfat_pieces),
)
_READERS = (*_BY_BOOT_SECTOR, (is_udf, udf_pieces))


def open_disk(file: File, budget: Budget) -> Iterator[Piece]:
    """The files of a raw image."""
    yield from disk_pieces(file.content, budget)


def disk_pieces(disk: Octets, budget: Budget, sector: int = SECTOR) -> Iterator[Piece]:
    """The files of the volume that the disk is, and of those in its partitions; `sector`: what its table counts in."""
    volumes: list[Octets] = list(_partitions(disk, sector))
    if _is_volume(disk):
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
        if volume[510:512] == b"\x55\xaa" or _is_volume(volume):
            yield volume


def readers_by_boot_sector(disk: Octets) -> list[Reader]:
    """Who reads the volume that begins with the first sector."""
    return [read for fits, read in _BY_BOOT_SECTOR if fits(disk)]


def volume_pieces(volume: Octets, budget: Budget) -> Iterator[Piece]:
    """The files of one volume, as each reader that it fits sees them."""
    budget.check_time()
    readers = [read for fits, read in _READERS if fits(volume)]
    if not readers:
        yield from _NO_VOLUME
    if len(readers) > 1:
        yield Flagged(Flag.AMBIGUOUS)
    for read in readers:
        yield from read(volume, budget)


def _is_volume(disk: Octets) -> bool:
    return any(fits(disk) for fits, _ in _READERS)


# Linux' own and others: somebody opens them, we do not.
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
