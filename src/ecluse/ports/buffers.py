"""Where a message's octets go while they arrive: memory while small, a file when large."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.content import Content


class Buffer(Protocol):
    """One message on its way in."""

    def write(self, piece: bytes) -> None:
        """Take the next octets. Raises `NoRoom` when the disk is full; the buffer is then of no more use."""
        ...

    def finish(self) -> Content:
        """All octets written, readable until `discard`."""
        ...

    def discard(self) -> None:
        """Free memory and file; harmless when done twice."""
        ...


class Buffers(Protocol):
    """Opens buffers."""

    def open(self) -> Buffer:
        """A fresh one; nothing is created on disk before it grows large."""
        ...
