"""Where people see who is locked, and unlock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.lock import Lock


class ToldLocks(Protocol):
    """Told by the agent."""

    def tell(self, locks: Iterable[Lock]) -> None:
        """How these locks stand at this node now; those of nobody's client are passed over. Raises `Unavailable`."""
        ...
