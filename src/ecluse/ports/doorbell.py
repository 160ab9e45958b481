"""How a reception worker tells the delivery process that new work lies in the spool."""

from __future__ import annotations

from typing import Protocol


class Doorbell(Protocol):
    """A hint, never a promise: the delivery process also looks into the spool by itself."""

    def ring(self, destination: str, message_id: str) -> None:
        """Wake the process that owns the destination; does nothing when it is away."""
        ...
