"""7z archives: libarchive for all that it reads, py7zr for what passwords open and for methods that only it has."""

from __future__ import annotations

import io
import lzma
from collections.abc import Iterator
from zlib import error as zlib_error

import py7zr
from py7zr.exceptions import ArchiveError, UnsupportedCompressionMethodError
from py7zr.io import MemIO, Py7zIO, WriterFactory
from py7zr.py7zr import ArchiveFile

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.collections import open_collection
from ecluse.opening.archives.libarchive import LACKS_METHOD
from ecluse.opening.budget import Budget
from ecluse.opening.pieces import Broken, Entry, File, Piece

# What a wrong password shows itself by: the plain text is no stream, no header, or has another checksum.
_WRONG = (
    ArchiveError,
    UnsupportedCompressionMethodError,
    lzma.LZMAError,
    zlib_error,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
)

_BLOCK_OCTETS = 16_777_216


def _block_octets() -> int:
    return _BLOCK_OCTETS


# The library asks the kernel how much memory there is, which the lock forbids.
py7zr.py7zr.get_memory_limit = _block_octets  # type: ignore[attr-defined]  # the name is used there


def open_seven_zip(file: File, budget: Budget) -> Iterator[Piece]:
    """Every entry; with a password that fits, those of an encrypted archive too."""
    pieces = []
    keys: dict[str | None, None] = {}
    for piece in open_collection(file, budget):
        keys.update(dict.fromkeys(_keys(piece, file.passwords)))
        if keys:
            pieces.append(piece)
        else:
            yield piece
    if keys:
        unlocked = _unlocked(file, tuple(keys), budget)
        yield from pieces if unlocked is None else unlocked


def _keys(piece: Piece, passwords: tuple[str, ...]) -> tuple[str | None, ...]:
    """What may open it where libarchive could not; None is no password at all."""
    if not isinstance(piece, Entry | Broken):
        return ()
    if piece.error == LACKS_METHOD:
        return (None, *passwords)
    return passwords if piece.is_encrypted else ()


def _unlocked(file: File, keys: tuple[str | None, ...], budget: Budget) -> list[Piece] | None:
    """The entries, by the first key that opens them all; None when none does."""
    for password in keys:
        budget.check_time()
        try:
            return _read(file.content, password, budget)
        except _WRONG:
            continue
    return None


def _read(content: bytes, password: str | None, budget: Budget) -> list[Piece]:
    """Raises what a wrong password leads to."""
    with py7zr.SevenZipFile(io.BytesIO(content), password=password) as archive:
        shelf = _Shelf(budget)
        for entry in archive.files:
            # Its own way to extract asks the file system where it is, and refuses names that we want to tell.
            archive.worker.register_filelike(entry.id, None if entry.is_directory else MemIO(str(entry.id), shelf))
        archive.worker.extract(archive.fp, None, parallel=False)
        return [_entry(entry, shelf, password) for entry in archive.files]


def _entry(entry: ArchiveFile, shelf: _Shelf, password: str | None) -> Entry:
    if entry.is_directory:
        return Entry(entry.filename, kind=MemberKind.DIRECTORY)
    out = shelf.outs.get(str(entry.id))
    kind = MemberKind.LINK if entry.is_symlink else MemberKind.FILE
    return Entry(
        entry.filename, bytes(out.octets) if out else b"", kind, is_encrypted=password is not None, is_unreached=True
    )


class _Out(Py7zIO):
    """One file's content, in memory."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf
        self.octets = bytearray()

    def write(self, s: bytes | bytearray) -> int:
        """Take a piece. Raises `Exceeded`."""
        self._shelf.take(len(s))
        self.octets += s
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        """What was written, for the library's checksum."""
        return bytes(self.octets[:size])

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - the library's signature.
        """Nothing to do: it only goes back to the start."""
        return 0

    def flush(self) -> None:
        """Nothing to do."""

    def size(self) -> int:
        """Octets so far."""
        return len(self.octets)


class _Shelf(WriterFactory):
    """All contents of one archive, under the budget together."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._octets = 0
        self.outs: dict[str, _Out] = {}

    def create(self, filename: str) -> _Out:
        """Room for one file."""
        self.outs[filename] = _Out(self)
        return self.outs[filename]

    def take(self, count: int) -> None:
        """So many more octets came out. Raises `Exceeded`."""
        self._octets += count
        self._budget.check_octets(self._octets)
