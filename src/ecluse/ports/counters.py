"""What a node remembers of senders (design 3): a store that is down never blocks mail, its findings are unknown."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.history import Kind, Memory, Sighting


class Counters(Protocol):
    """Reading takes microseconds; what is noted is there for all processes within some milliseconds, or lost."""

    def find(self, kind: Kind, name: str) -> Memory | None:
        """What is remembered, not yet faded to now; None when nothing is. Raises `Unavailable`."""
        ...

    def note(self, sightings: tuple[Sighting, ...]) -> None:
        """Remember; never fails and never waits."""
        ...
