"""Where the addresses wait that clients' own servers have confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.found_address import FoundAddress


class ToldFound(Protocol):
    """Told by the agent."""

    def tell(self, found: Iterable[FoundAddress]) -> None:
        """Those that are on their client's list, and what is too many, are passed over. Raises `Unavailable`."""
        ...
