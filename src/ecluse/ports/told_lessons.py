"""Where a client's people see what their filter has learned at a node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.act import Act


class ToldLessons(Protocol):
    """Told by the agent. Calls raise `Unavailable`."""

    def clients(self) -> dict[str, int]:
        """All clients that there are, and the number of the last act of each that was told from this node; 0: none."""
        ...

    def tell(self, client: str, acts: Iterable[Act]) -> None:
        """These acts, without their tokens; known ones are passed over."""
        ...

    def forget(self, client: str) -> None:
        """This node has no act of the client any more of those that it has told."""
        ...
