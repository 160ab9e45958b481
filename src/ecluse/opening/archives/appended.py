"""Archives that begin inside of another file: self-extractors, and files that are two things at once."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from ecluse.opening.archives.zip.directories import directories
from ecluse.opening.archives.zip.reader import open_zip
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, File, Flagged, Piece
from ecluse.opening.types import Type

PROGRAMS = frozenset({Type.PE, Type.DOS_PROGRAM, Type.ELF, Type.MACH_O, Type.SHELL, Type.BATCH})
# What nobody expects an archive in. Documents keep zips in themselves honestly, but not at their very end.
OTHERS = frozenset(
    {
        Type.PDF,
        Type.RTF,
        Type.PNG,
        Type.JPEG,
        Type.GIF,
        Type.BMP,
        Type.TIFF,
        Type.WEBP,
        Type.ICO,
        Type.IMAGE,
        Type.AUDIO,
        Type.VIDEO,
        Type.HTML,
        Type.SVG,
        Type.LNK,
        Type.SWF,
        Type.CHM,
        Type.JAVA_CLASS,
        Type.TEXT,
        Type.XML,
        Type.OLE,
        Type.DOC,
        Type.XLS,
        Type.PPT,
        Type.MSI,
    }
)
_MAX_TRIES = 64
_ZIP_END_REACH = 66_000


def _is_seven_zip(data: bytes, at: int) -> bool:
    return zlib.crc32(data[at + 12 : at + 32]) == int.from_bytes(data[at + 8 : at + 12], "little")


def _is_rar(data: bytes, at: int) -> bool:
    return data[at + 9 : at + 10] == b"\x73" if data[at + 6] == 0 else data[at + 6 : at + 8] == b"\x01\0"


def _is_cabinet(data: bytes, at: int) -> bool:
    size = int.from_bytes(data[at + 8 : at + 12], "little")
    return (
        data[at + 4 : at + 8] == b"\0\0\0\0" and data[at + 24 : at + 26] == b"\x03\x01" and 36 < size <= len(data) - at
    )


# How they begin -> whether what begins so is one: programs hold these octets as constants too.
_BEGINNINGS: tuple[tuple[bytes, Callable[[bytes, int], bool]], ...] = (
    (b"7z\xbc\xaf\x27\x1c", _is_seven_zip),
    (b"Rar!\x1a\x07", _is_rar),
    (b"MSCF", _is_cabinet),
)


def open_appended(file: File, budget: Budget) -> Iterator[Piece]:
    """The archives in a program, as layers."""
    for octets, is_one in _BEGINNINGS:
        for at in _places(file.content, octets):
            if at and is_one(file.content, at):
                yield Entry("", file.content[at:], is_member=False)
                break
    if _ends_as_zip(file.content):
        yield from open_zip(file, budget)


def open_polyglot(file: File, budget: Budget) -> Iterator[Piece]:
    """The zip that a file of another kind ends as."""
    if _ends_as_zip(file.content):
        yield Flagged(Flag.POLYGLOT)
        yield from open_zip(file, budget)


def _places(data: bytes, octets: bytes) -> Iterator[int]:
    at = -1
    for _ in range(_MAX_TRIES):
        at = data.find(octets, at + 1)
        if at < 0 or at + 32 > len(data):
            return
        yield at


def _ends_as_zip(data: bytes) -> bool:
    if data.rfind(b"PK\x05\x06", max(0, len(data) - _ZIP_END_REACH)) < 0:
        return False
    found, _ = directories(data)
    return any(directory.headers for directory in found)
