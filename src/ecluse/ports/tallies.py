"""Small counts shared by all processes of a node: open connections per IP, cut-through sessions per route."""

from __future__ import annotations

from typing import Protocol


class Tallies(Protocol):
    """Counts what is open now; a process that dies takes its part of the count with it."""

    def enter(self, key: str, limit: int) -> bool:
        """Count one more under `key` unless `limit` are open already (0 = no limit); False when refused."""
        ...

    def leave(self, key: str) -> None:
        """One that was let in is gone."""
        ...
