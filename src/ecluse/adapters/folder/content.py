"""A message's octets in a file, read in windows so that memory does not grow with the message."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from ecluse.domain.content import CHUNK_BYTES
from ecluse.domain.errors import Unavailable

WINDOW_BYTES = 1_048_576


class FileContent:
    """`size` octets from `offset` on of an open file, which it owns; see `ecluse.domain.content.Content`.

    Reading after `close` raises ValueError. A file that has become shorter raises `Unavailable`: half a message is
    never passed on.
    """

    __slots__ = ("_closing", "_fd", "_offset", "_size")

    def __init__(self, fd: int, size: int, offset: int = 0) -> None:
        self._fd, self._size, self._offset = fd, size, offset
        # The spool reads in a thread; without this, a number closed here could name another's file there.
        self._closing = threading.Lock()

    @property
    def size(self) -> int:
        """See `Content.size`."""
        return self._size

    def slice(self, start: int, end: int) -> bytes:
        """See `Content.slice`."""
        start, end, _ = slice(start, end).indices(self._size)
        return self._read(start, end) if start < end else b""

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """See `Content.find`."""
        if start > self._size:
            return -1
        start, end, _ = slice(start, end).indices(self._size)
        overlap = max(len(needle) - 1, 0)
        if start == end and not needle:
            return start
        for window in range(start, end, WINDOW_BYTES):
            found = self._read(window, min(window + WINDOW_BYTES + overlap, end)).find(needle)
            if found >= 0:
                return window + found
        return -1

    def chunks(self) -> Iterator[bytes]:
        """See `Content.chunks`."""
        for start in range(0, self._size, CHUNK_BYTES):
            yield self._read(start, min(start + CHUNK_BYTES, self._size))

    def close(self) -> None:
        """Give the file back; harmless when done twice."""
        with self._closing:
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()

    def _read(self, start: int, end: int) -> bytes:
        with self._closing:
            if self._fd < 0:
                raise ValueError("read of a message that was discarded")
            octets = os.pread(self._fd, end - start, self._offset + start)
        if len(octets) != end - start:
            raise Unavailable("a message's file is shorter than the message")
        return octets
