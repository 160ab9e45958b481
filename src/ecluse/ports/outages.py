"""Which destinations are out of reach, known to all processes of the node and kept through restarts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.outage import Outage


class Outages(Protocol):
    """Written by the delivery process that owns a destination, read by all."""

    def find(self, destination: str) -> Outage | None:
        """The outage that lasts now, or None."""
        ...

    def save(self, outage: Outage) -> None:
        """Begin an outage, or note a warning given."""
        ...

    def end(self, destination: str) -> None:
        """One of the destination's routes has answered."""
        ...

    def all(self) -> Iterator[Outage]:
        """Every outage that lasts now."""
        ...
