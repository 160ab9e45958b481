"""What the control plane knows of the messages that a node holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.queue import QueuedMessage


class HeldCopies(Protocol):
    """Told by the agent. Every method raises `Unavailable`."""

    def known(self) -> set[str]:
        """The ids of the messages that the control plane believes this node to hold."""
        ...

    def add(self, messages: Iterable[QueuedMessage]) -> None:
        """These are held here; told twice, nothing changes."""
        ...

    def gone(self, ids: Iterable[str], at: float) -> None:
        """These are no longer held, at that time (UTC, seconds since the epoch); who released or deleted them is known."""
        ...
