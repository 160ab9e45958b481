"""Arriving messages: in memory while small, in a file without a name when large."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ecluse.adapters.folder.content import FileContent
from ecluse.adapters.folder.disk import disk_errors, make_folder, write_all
from ecluse.domain.content import Content, MemoryContent

MEMORY_BYTES = 262_144
WRITE_BYTES = 65_536


class FolderBuffers:
    """Opens buffers whose files, if any, lie in `folder`; see `ecluse.ports.buffers.Buffers`."""

    def __init__(self, folder: Path, memory_limit: int = MEMORY_BYTES) -> None:
        make_folder(folder)
        self._folder, self._memory_limit = folder, memory_limit

    def open(self) -> FolderBuffer:
        """See `Buffers.open`."""
        return FolderBuffer(self._folder, self._memory_limit)


class FolderBuffer:
    """One message on its way in; see `ecluse.ports.buffers.Buffer`."""

    __slots__ = ("_content", "_fd", "_folder", "_gathered", "_memory_limit", "_size")

    def __init__(self, folder: Path, memory_limit: int) -> None:
        self._folder, self._memory_limit = folder, memory_limit
        self._gathered = bytearray()  # What is not in the file: all of it while there is none.
        self._size = 0
        self._fd = -1
        self._content: FileContent | None = None

    def write(self, piece: bytes) -> None:
        """See `Buffer.write`."""
        self._gathered += piece
        self._size += len(piece)
        if self._size > self._memory_limit and len(self._gathered) >= WRITE_BYTES:
            self._move_to_file()

    def finish(self) -> Content:
        """See `Buffer.finish`. Raises `NoRoom` as `write` does: the last octets go to disk here."""
        if self._fd < 0 and self._size <= self._memory_limit:
            octets, self._gathered = bytes(self._gathered), bytearray()
            return MemoryContent(octets)
        self._move_to_file()
        self._content = FileContent(self._fd, self._size)
        self._fd = -1
        return self._content

    def discard(self) -> None:
        """See `Buffer.discard`."""
        self._gathered = bytearray()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._content is not None:
            self._content.close()

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def _move_to_file(self) -> None:
        with disk_errors("message buffer"):
            if self._fd < 0:
                self._fd = _nameless_file(self._folder)
            write_all(self._fd, self._gathered)
        self._gathered = bytearray()


def _nameless_file(folder: Path) -> int:
    """A fresh file that is gone with its descriptor, so that nothing is left behind by a crash."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError:
        # Not every file system knows O_TMPFILE; a real trouble shows again here.
        fd, name = tempfile.mkstemp(dir=folder)
        Path(name).unlink()
        return fd
