"""Arriving messages: in memory while small, in a file without a name when large."""

from __future__ import annotations

import os
import tempfile
import time
from io import BytesIO
from pathlib import Path

from ecluse.adapters.folder.content import FileContent
from ecluse.adapters.folder.disk import disk_errors, free_bytes, make_folder, write_all
from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.errors import NoRoom

MEMORY_BYTES = 262_144
WRITE_BYTES = 65_536
LOOK_EVERY_S = 1.0


class FolderBuffers:
    """Opens buffers whose files, if any, lie in `folder`; see `ecluse.ports.buffers.Buffers`."""

    def __init__(self, folder: Path, memory_limit: int = MEMORY_BYTES, *, reserve_bytes: int = 0) -> None:
        make_folder(folder)
        self._folder, self._memory_limit = folder, memory_limit
        self._room = _Room(folder, reserve_bytes)

    def open(self) -> FolderBuffer:
        """See `Buffers.open`."""
        return FolderBuffer(self._folder, self._memory_limit, self._room)


class FolderBuffer:
    """One message on its way in; see `ecluse.ports.buffers.Buffer`."""

    __slots__ = ("_content", "_fd", "_folder", "_gathered", "_memory_limit", "_room", "_size")

    def __init__(self, folder: Path, memory_limit: int, room: _Room) -> None:
        self._folder, self._memory_limit, self._room = folder, memory_limit, room
        # What is not in the file: all of it while there is none. It is given out without a copy: with a `bytearray`
        # 100 kB cost 45 us more.
        self._gathered = BytesIO()
        self._size = 0
        self._fd = -1
        self._content: FileContent | None = None

    def write(self, piece: bytes) -> None:
        """See `Buffer.write`."""
        self._gathered.write(piece)
        self._size += len(piece)
        if self._size > self._memory_limit and self._gathered.tell() >= WRITE_BYTES:
            self._move_to_file()

    def finish(self) -> Content:
        """See `Buffer.finish`. Raises `NoRoom` as `write` does: the last octets go to disk here."""
        if self._fd < 0 and self._size <= self._memory_limit:
            return MemoryContent(self._take())
        self._move_to_file()
        self._content = FileContent(self._fd, self._size)
        self._fd = -1
        return self._content

    def discard(self) -> None:
        """See `Buffer.discard`."""
        self._gathered = BytesIO()
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
            self._room.take(self._gathered.tell())
            if self._fd < 0:
                self._fd = _nameless_file(self._folder)
            write_all(self._fd, self._take())

    def _take(self) -> bytes:
        octets = self._gathered.getvalue()
        self._gathered = BytesIO()
        return octets


class _Room:
    """What the disk has above its reserve: looked at once a second at most, less what was written since."""

    __slots__ = ("_folder", "_left", "_looked_at", "_reserve")

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder, self._reserve = folder, reserve
        self._left = 0
        self._looked_at = float("-inf")

    def take(self, octets: int) -> None:
        """Count octets that are about to be written. Raises `NoRoom` where they would touch the reserve, OSError."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._left = free_bytes(self._folder) - self._reserve
        if octets > self._left:
            raise NoRoom("message buffer: the disk's reserve is reached")
        self._left -= octets


def _nameless_file(folder: Path) -> int:
    """A fresh file that is gone with its descriptor, so that nothing is left behind by a crash."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError:
        # Not every file system knows O_TMPFILE; a real trouble shows again here.
        fd, name = tempfile.mkstemp(dir=folder)
        Path(name).unlink()
        return fd
