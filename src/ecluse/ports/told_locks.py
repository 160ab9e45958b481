"""Where people see who is locked, and unlock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from ecluse.domain.lock import Lock


class ToldLocks(Protocol):
    """Told by the agent."""

    def tell(self, locks: Iterable[Lock]) -> None:
        """How these locks stand at this node now; those of nobody's client are passed over. Raises `Unavailable`."""
        ...

    def end_others(self, ids: Collection[str], now: float) -> None:
        """The node knows these and no others: what was told of another one is over. Raises `Unavailable`."""
        ...
