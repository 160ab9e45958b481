"""Disk images: raw ones with or without a table of partitions, and Microsoft's VHD around them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.disks.fat import is_fat, open_fat
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece

_SECTOR = 512
_FIXED = 2
_UNUSED = 0xFFFFFFFF
_GPT = 0xEE
_GPT_ENTRIES = 128


def open_disk(file: File, budget: Budget) -> Iterator[Piece]:
    """The files of a volume, or each partition as a layer."""
    if is_fat(file.content):
        yield from open_fat(file, budget)
        return
    spans = list(_partitions(file.content))
    if not spans:
        # NTFS and others: Windows opens them, we do not.
        yield Flagged(Flag.UNOPENABLE)
        yield Broken("no volume that we read")
    for start, end in spans:
        budget.check_time()
        yield Entry("", file.content[start:end], is_member=False)


def _partitions(data: bytes) -> Iterator[tuple[int, int]]:
    for row in range(4):
        at = 446 + 16 * row
        kind = data[at + 4] if len(data) > at + 4 else 0
        first, count = struct.unpack_from("<II", data, at + 8) if len(data) >= at + 16 else (0, 0)
        if kind == _GPT:
            yield from _gpt(data)
            return
        if kind and first and count:
            yield first * _SECTOR, (first + count) * _SECTOR


def _gpt(data: bytes) -> Iterator[tuple[int, int]]:
    if not data.startswith(b"EFI PART", _SECTOR):
        return
    table, count, size = struct.unpack_from("<QII", data, _SECTOR + 72)
    for row in range(min(count, _GPT_ENTRIES)):
        at = table * _SECTOR + row * size
        if size < 128 or at + 48 > len(data):
            return
        first, last = struct.unpack_from("<QQ", data, at + 32)
        if data[at : at + 16].strip(b"\0") and first <= last:
            yield first * _SECTOR, (last + 1) * _SECTOR


def open_vhd(file: File, budget: Budget) -> Iterator[Piece]:
    """The disk in it, as a layer."""
    footer = file.content[-_SECTOR:]
    if not footer.startswith(b"conectix"):
        yield Broken("cut short")
        footer = file.content[:_SECTOR]
    kind = int.from_bytes(footer[60:64], "big")
    if kind == _FIXED:
        yield Entry("", file.content[:-_SECTOR], is_member=False)
        return
    disk = _assembled(file.content, int.from_bytes(footer[16:24], "big"), budget)
    if disk is None:
        yield Flagged(Flag.UNOPENED)
        yield Broken("a kind of VHD that we do not read")
    else:
        yield Entry("", disk, is_member=False)


def _assembled(data: bytes, header: int, budget: Budget) -> bytes | None:
    """A disk that grows: its blocks in order, up to the last that was ever written; None when it is another kind."""
    if not data.startswith(b"cxsparse", header) or header + 36 > len(data):
        return None
    table, _, count, block_octets = struct.unpack_from(">QIII", data, header + 16)
    places = [
        int.from_bytes(data[table + 4 * row : table + 4 * row + 4], "big") for row in range(min(count, len(data)))
    ]
    while places and places[-1] in {_UNUSED, 0}:
        places.pop()
    bitmap = -(-block_octets // (8 * _SECTOR * _SECTOR)) * _SECTOR
    budget.check_octets(len(places) * block_octets)
    disk = bytearray()
    for place in places:
        start = place * _SECTOR + bitmap
        block = b"" if place == _UNUSED else data[start : start + block_octets]
        disk += block.ljust(block_octets, b"\0")
    return bytes(disk)
