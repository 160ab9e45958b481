"""Counts of what is open now, in memory that all processes of a node share."""

from __future__ import annotations

import hashlib
import mmap
import secrets
from functools import lru_cache

SLOTS = 65_536


class SharedTallies:
    """A table made by the parent before it forks: a row for each process, a column for each hashed key.

    A process writes only its own row, so there is nothing to lock. Keys that share a column are counted together,
    which can only make a limit stricter; the hash is keyed, so that nobody can aim at another's column.
    """

    def __init__(self, rows: int, slots: int = SLOTS) -> None:
        """`rows` is the number of processes that count, `slots` a power of two; takes 4 octets for each pair."""
        self._rows = rows
        self._slots = slots
        self._secret = secrets.token_bytes(16)
        # Column by column: the sum over all processes then reads one cache line.
        self._cells = memoryview(mmap.mmap(-1, rows * slots * 4)).cast("I")

    def bind(self, row: int) -> ProcessTallies:
        """The port `Tallies` for the process that owns this row, after the fork."""
        if not 0 <= row < self._rows:
            raise IndexError(f"row {row} of {self._rows}")
        return ProcessTallies(self._cells, self._rows, row, self._secret)

    def clear(self, row: int) -> None:
        """A dead process holds nothing open; for the parent, before another process gets the row."""
        self._cells[row :: self._rows] = memoryview(bytes(4 * self._slots)).cast("I")


class ProcessTallies:
    """What one process sees of the table.

    Two processes that enter at the same instant may both be refused the last place.
    """

    def __init__(self, cells: memoryview[int], rows: int, row: int, secret: bytes) -> None:
        self._cells = cells
        self._rows = rows
        self._row = row
        self._secret = secret
        self._mask = len(cells) // rows - 1
        self._column = lru_cache(maxsize=4_096)(self._find_column)  # The same routes and peers come again.

    def enter(self, key: str, limit: int) -> bool:
        """See `Tallies.enter`."""
        start = self._column(key)
        own = start + self._row
        # Counted first, then compared: the other way round, several processes could take the last place together.
        self._cells[own] += 1
        if limit and sum(self._cells[start : start + self._rows]) > limit:
            self._cells[own] -= 1
            return False
        return True

    def leave(self, key: str) -> None:
        """See `Tallies.leave`. Raises `ValueError` for one that this process never let in."""
        self._cells[self._column(key) + self._row] -= 1

    def _find_column(self, key: str) -> int:
        octets = key.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(octets, digest_size=4, key=self._secret).digest()
        return (int.from_bytes(digest, "big") & self._mask) * self._rows
