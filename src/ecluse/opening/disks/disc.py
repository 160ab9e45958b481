"""Images of discs: ISO 9660, UDF, or both side by side, of which Windows shows the second and others the first.

Some are disks besides: by what stands in the room that both leave at the beginning, a FAT or NTFS volume or a table of
partitions, or by a footer of VHD.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.collections import open_collection
from ecluse.opening.budget import Budget
from ecluse.opening.detection import detect
from ecluse.opening.disks.disk import Octets
from ecluse.opening.disks.udf import is_udf, udf_pieces
from ecluse.opening.disks.vhd import open_vhd
from ecluse.opening.disks.volumes import SECTOR, partitions_beside, readers_by_boot_sector, volume_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, File, Flagged, Piece
from ecluse.opening.types import Type

_BLOCK = 2_048  # Of a disc; zeros fill the last one of a file.


def open_disc(file: File, budget: Budget) -> Iterator[Piece]:
    """Every file; what only the second reading or a later one shows is ambiguous, and a virus scanner does not see it."""
    shown: set[bytes] = set()
    for number, reading in enumerate(_readings(file, budget, shown)):
        for piece in reading:
            if not isinstance(piece, Entry) or number == 0:
                yield piece
            elif piece.kind is not MemberKind.DIRECTORY and piece.content and piece.content not in shown:
                yield Flagged(Flag.AMBIGUOUS)
                yield replace(piece, is_unreached=True)
            if isinstance(piece, Entry) and piece.content:
                shown.add(piece.content)


def _readings(file: File, budget: Budget, shown: set[bytes]) -> Iterator[Iterator[Piece]]:
    """The disc as one reader sees it after the other; `shown`: the contents that have come out so far."""
    if file.type is Type.ISO:
        yield open_collection(file, budget)
    if file.type is Type.UDF or is_udf(file.content):
        yield udf_pieces(file.content, budget)
    for read in readers_by_boot_sector(file.content):
        yield read(file.content, budget)
    for volume in partitions_beside(file.content):
        budget.check_time()
        if not _is_opened_file(volume, shown):
            yield volume_pieces(volume, budget)
    if file.content[-SECTOR:].startswith(b"conectix"):
        yield open_vhd(file, budget)


def _is_opened_file(volume: Octets, shown: set[bytes]) -> bool:
    """Whether it is one of the disc's files, too, as hybrid discs have it for EFI, and is opened as that."""
    near = [content for content in shown if 0 <= len(volume) - len(content) < _BLOCK]
    octets = volume[:] if near else b""
    return any(
        octets.startswith(content) and not octets[len(content) :].strip(b"\0") and detect(content) is Type.DISK_IMAGE
        for content in near
    )
