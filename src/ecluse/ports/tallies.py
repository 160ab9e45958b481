"""Small counts of what is open now, by all processes that serve the same senders: connections per IP, sessions per route."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol


class Tallies(Protocol):
    """Counts what is open now; a process that dies takes its part of the count with it."""

    def enter(self, key: str, limit: int) -> bool | Coroutine[Any, Any, bool]:
        """Count one more under `key` unless `limit` are open already (0 = no limit); False when refused.

        The answer has to be awaited where other nodes are to be asked; it comes within a quarter of a second.
        """
        ...

    def leave(self, key: str) -> None:
        """One that was let in is gone."""
        ...
