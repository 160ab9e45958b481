"""What a node remembers of senders (design 3): a store that is down never blocks mail, its findings are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ecluse.domain.history import Kind, Memory, Sighting


class Counters(Protocol):
    """Reading takes microseconds; what is noted is there for all processes within some milliseconds, or lost."""

    def find(self, kind: Kind, name: str) -> Memory | None:
        """What is remembered, not yet faded to now; None when nothing is. Raises `Unavailable`."""
        ...

    def find_each(self, kind: Kind, names: Sequence[str]) -> tuple[Memory | None, ...]:
        """As `find`, for many names at the cost of a few."""
        ...

    def note(self, sightings: tuple[Sighting, ...]) -> None:
        """Remember; never fails and never waits."""
        ...
