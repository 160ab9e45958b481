"""Cabinets (MS-CAB), read by ourselves: libarchive 3.6 corrupts its memory on malformed ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.opening.archives.lzx import BadLzx, unpacked
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece

_HEADER = struct.Struct("<16xI6xHHH2xH")  # Where the files are told, folders, files, flags, number in its set.
_FOLDER = struct.Struct("<IHH")
_FILE = struct.Struct("<IIH4xH")
_BLOCK = struct.Struct("<4xHH")
_HAS_PREVIOUS, _HAS_NEXT, _HAS_RESERVE = 1, 2, 4
_STORED, _MSZIP, _LZX = 0, 1, 3
_WINDOW = 32_768
_NAME_IS_UTF8 = 0x80
_CONTINUED = 0xFFFD  # A file's folder from here on: it begins or ends in another cabinet.


@dataclass(frozen=True, slots=True)
class _Folder:
    """A compressed stream that files lie in one behind the other."""

    start: int
    blocks: int
    method: int


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    size: int
    offset: int  # In the folder's content.
    folder: int


@dataclass(frozen=True, slots=True)
class _Cabinet:
    folders: tuple[_Folder, ...]
    files: tuple[_File, ...]
    reserve: int  # Octets that each block of data has before its data.
    is_part: bool


def open_cabinet(file: File, budget: Budget) -> Iterator[Piece]:
    """Every file; those packed by a method that we do not read are told."""
    try:
        cabinet = _read(file.content, budget)
    except (struct.error, IndexError):
        yield Broken("broken")
        return
    if cabinet.is_part:
        yield Flagged(Flag.INCOMPLETE)
    contents: dict[int, tuple[bytes, str]] = {}
    for one in cabinet.files:
        number = _folder_of(one.folder, len(cabinet.folders))
        if number not in contents:
            contents[number] = _content(file.content, cabinet, number, budget)
        content, error = contents[number]
        part = content[one.offset : one.offset + one.size]
        is_whole = len(part) == one.size
        flags = (Flag.UNOPENED,) if error.startswith("method") else ()
        yield Entry(
            one.name, part if is_whole or part else None, error="" if is_whole else error or "cut short", flags=flags
        )


def _read(data: bytes, budget: Budget) -> _Cabinet:
    """Raises `struct.error` and `IndexError` where the records do not fit the file."""
    files_at, folders, files, flags, number = _HEADER.unpack_from(data)
    at, folder_reserve, data_reserve = _HEADER.size, 0, 0
    if flags & _HAS_RESERVE:
        header_reserve, folder_reserve, data_reserve = struct.unpack_from("<HBB", data, at)
        at += 4 + header_reserve
    for _ in range(2 * (bool(flags & _HAS_PREVIOUS) + bool(flags & _HAS_NEXT))):
        at = _end_of_text(data, at)
    size = _FOLDER.size + folder_reserve
    return _Cabinet(
        tuple(_Folder(*_FOLDER.unpack_from(data, at + size * index)) for index in range(folders)),
        tuple(_files(data, files_at, files, budget)),
        data_reserve,
        bool(flags & (_HAS_PREVIOUS | _HAS_NEXT)) or number > 0,
    )


def _files(data: bytes, at: int, count: int, budget: Budget) -> Iterator[_File]:
    for _ in range(min(count, budget.limits.members + 1)):
        size, offset, folder, attributes = _FILE.unpack_from(data, at)
        end = _end_of_text(data, at + _FILE.size)
        raw = data[at + _FILE.size : end - 1]
        name = raw.decode("utf-8" if attributes & _NAME_IS_UTF8 else "cp1252", "replace")
        yield _File(name, size, offset, folder)
        at = end


def _end_of_text(data: bytes, at: int) -> int:
    end = data.find(b"\0", at, at + 1_024)
    if end < 0:
        raise IndexError
    return end + 1


def _folder_of(number: int, folders: int) -> int:
    """Files that go on in another cabinet lie in the first or the last folder."""
    if number < _CONTINUED:
        return number
    return folders - 1 if number == 0xFFFE else 0


def _content(data: bytes, cabinet: _Cabinet, number: int, budget: Budget) -> tuple[bytes, str]:
    """A folder's content as far as it can be had, and why not further."""
    if number >= len(cabinet.folders):
        return b"", "broken"
    folder = cabinet.folders[number]
    method = folder.method & 0xF
    if method not in {_STORED, _MSZIP, _LZX}:
        return b"", f"method {method}"
    content = bytearray()
    blocks = _blocks(data, folder, cabinet.reserve)
    try:
        for piece in _unlzx(blocks, folder.method >> 8 & 0x1F, budget) if method == _LZX else blocks:
            block, size = piece
            content += _unzipped(block, size, bytes(content[-_WINDOW:])) if method == _MSZIP else block
            # All files of the folder come out at once, each an entry of its own later.
            budget.check_octets(len(content))
    except BadLzx:
        # A reader of our own: what it cannot unpack others may.
        return bytes(content), f"method {method}, broken"
    except (struct.error, zlib.error):
        return bytes(content), "broken"
    return bytes(content), ""


def _blocks(data: bytes, folder: _Folder, reserve: int) -> Iterator[tuple[bytes, int]]:
    """The blocks of a folder as they are packed, and how many octets each says to hold. Raises `struct.error`."""
    at = folder.start
    for _ in range(folder.blocks):
        packed, size = _BLOCK.unpack_from(data, at)
        start = at + _BLOCK.size + reserve
        yield data[start : start + packed], size
        at = start + packed


def _unlzx(blocks: Iterator[tuple[bytes, int]], window_bits: int, budget: Budget) -> Iterator[tuple[bytes, int]]:
    """The frames of one stream that goes through all blocks. Raises `BadLzx`."""
    packed = list(blocks)
    size = sum(each for _, each in packed)
    for frame in unpacked(b"".join(block for block, _ in packed), window_bits, size, budget):
        yield frame, len(frame)


def _unzipped(block: bytes, size: int, window: bytes) -> bytes:
    """One block of MSZIP: deflate behind two letters, which may look back into the block before."""
    if not block.startswith(b"CK"):
        raise zlib.error
    inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=window) if window else zlib.decompressobj(-zlib.MAX_WBITS)
    return inflate.decompress(block[2:], max(size, 1))
