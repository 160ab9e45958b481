"""Microsoft's VHD: a disk of fixed size with a footer, or one that grows block by block."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.disks.disk import SparseDisk
from ecluse.opening.disks.volumes import SECTOR, disk_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, File, Flagged, Piece

_FIXED = 2
_UNUSED = 0xFFFFFFFF


def open_vhd(file: File, budget: Budget) -> Iterator[Piece]:
    """The files of the disk in it."""
    footer = file.content[-SECTOR:]
    if not footer.startswith(b"conectix"):
        yield Broken("cut short")
        footer = file.content[:SECTOR]
    kind = int.from_bytes(footer[60:64], "big")
    if kind == _FIXED:
        yield from disk_pieces(file.content[:-SECTOR], budget)
        return
    disk = _growing(file.content, int.from_bytes(footer[16:24], "big"))
    if disk is None:
        yield Flagged(Flag.UNOPENED)
        yield Broken("a kind of VHD that we do not read")
    else:
        yield from disk_pieces(disk, budget)


def _growing(data: bytes, header: int) -> SparseDisk | None:
    """A disk that grows; None when it is another kind."""
    if not data.startswith(b"cxsparse", header) or header + 36 > len(data):
        return None
    table, _, count, block_octets = struct.unpack_from(">QIII", data, header + 16)
    if not block_octets:
        return None
    rows = min(count, max(0, len(data) - table) // 4)
    bitmap = -(-block_octets // (8 * SECTOR * SECTOR)) * SECTOR
    numbers = struct.unpack_from(f">{rows}I", data, table) if rows else ()
    places = {row: number * SECTOR + bitmap for row, number in enumerate(numbers) if number != _UNUSED}
    return SparseDisk(data, places, block_octets, count * block_octets)
