"""Where a client's people see what their filter has learned at a node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.act import Act


class ToldLessons(Protocol):
    """Told by the agent. Calls raise `Unavailable`."""

    def clients(self) -> dict[str, int]:
        """Clients of whom not all is gone, and the number of the last act of each that was told from this node; 0: none."""
        ...

    def taken_down(self) -> set[str]:
        """Clients that have ended, and of whom all is gone at the control plane (15-6)."""
        ...

    def tell(self, client: str, log: str, acts: Iterable[Act]) -> None:
        """These acts of the log of that name (`act.log_name`); known ones are passed over.

        People see them without their tokens; the other nodes get those that count with them (`SharedLessons`).
        """
        ...

    def forget(self, client: str) -> None:
        """This node has no act of the client any more of those that it has told."""
        ...
