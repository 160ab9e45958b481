"""The octets of one message: in memory while small, in a file when large, read the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

CHUNK_BYTES = 262_144


class Content(Protocol):
    """A message's octets with CRLF line ends, dot-stuffing removed. Reading never loads a large one whole."""

    @property
    def size(self) -> int:
        """Octets in all."""
        ...

    def slice(self, start: int, end: int) -> bytes:
        """The octets from `start` up to `end`, fewer at the end of the message."""
        ...

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """As `bytes.find`; -1 when absent."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """All octets in order, in pieces of at most `CHUNK_BYTES`."""
        ...


class MemoryContent:
    """A message held in memory."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        """See `Content.size`."""
        return len(self.data)

    def slice(self, start: int, end: int) -> bytes:
        """See `Content.slice`."""
        return self.data[start:end]

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """See `Content.find`."""
        return self.data.find(needle, start, len(self.data) if end is None else end)

    def chunks(self) -> Iterator[bytes]:
        """See `Content.chunks`."""
        if len(self.data) <= CHUNK_BYTES:
            yield self.data
            return
        for start in range(0, len(self.data), CHUNK_BYTES):
            yield self.data[start : start + CHUNK_BYTES]


class PrefixedContent:
    """`head` in place of the first `skip` octets of `body`: how a message leaves with another header section."""

    __slots__ = ("_body", "_head", "_skip")

    def __init__(self, head: bytes, body: Content, skip: int) -> None:
        self._head, self._body, self._skip = head, body, skip

    @property
    def size(self) -> int:
        """See `Content.size`."""
        return len(self._head) + self._body.size - self._skip

    def slice(self, start: int, end: int) -> bytes:
        """See `Content.slice`."""
        shift = self._skip - len(self._head)
        rest = self._body.slice(max(start + shift, self._skip), max(end + shift, self._skip))
        return self._head[start:end] + rest

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """See `Content.find`."""
        stop = self.size if end is None else end
        seam = len(self._head)
        found = self.slice(start, min(seam + len(needle) - 1, stop)).find(needle) if start < seam else -1
        if found >= 0:
            return start + found
        shift = self._skip - seam
        found = self._body.find(needle, max(start + shift, self._skip), stop + shift)
        return found - shift if found >= 0 else -1

    def chunks(self) -> Iterator[bytes]:
        """See `Content.chunks`."""
        yield from MemoryContent(self._head).chunks()
        if not self._skip:
            yield from self._body.chunks()
            return
        for start in range(self._skip, self._body.size, CHUNK_BYTES):
            yield self._body.slice(start, start + CHUNK_BYTES)
