"""The octets of a disk, wherever they stand in its image: blocks that are stored, and holes between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Octets(Protocol):
    """What `bytes` offers for reading: a length, and slices of what lies between two places."""

    def __len__(self) -> int:
        """Octets in all, the holes counted."""
        ...

    def __getitem__(self, place: slice, /) -> bytes:
        """As of `bytes`; no step."""
        ...


_MAX_OCTETS = 1 << 46  # What a VHDX may say that it has.


class SparseDisk:
    """Blocks of one size; those that are not stored are zero. Whoever reads bounds what he asks for."""

    __slots__ = ("_block_octets", "_data", "_places", "_size")

    def __init__(self, data: bytes, places: dict[int, int], block_octets: int, size: int) -> None:
        """`places` says where in `data` a block stands, by its number."""
        self._data, self._places, self._block_octets, self._size = data, places, block_octets, min(size, _MAX_OCTETS)

    def __len__(self) -> int:
        """See `Octets`."""
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        """See `Octets`."""
        start, end, _ = place.indices(self._size)
        return b"".join(self._pieces(start, end))

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            number, inside = divmod(start, self._block_octets)
            count = min(self._block_octets - inside, end - start)
            at = self._places.get(number)
            stored = b"" if at is None else self._data[at + inside : at + inside + count]
            yield stored.ljust(count, b"\0")
            start += count


class Span:
    """A part of a disk, as a partition is."""

    __slots__ = ("_disk", "_size", "_start")

    def __init__(self, disk: Octets, start: int, end: int) -> None:
        self._disk, self._start = disk, start
        self._size = max(0, min(end, len(disk)) - start)

    def __len__(self) -> int:
        """See `Octets`."""
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        """See `Octets`."""
        start, end, _ = place.indices(self._size)
        return self._disk[self._start + start : self._start + end] if start < end else b""
