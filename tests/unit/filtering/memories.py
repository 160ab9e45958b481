"""A memory of senders that holds what a test puts there."""

from __future__ import annotations

from collections.abc import Sequence

from ecluse.domain.errors import Unavailable
from ecluse.domain.history import Kind, Memory, Sighting, recall


class Memories:
    """The port `Counters`; what is noted is there at once."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Kind, str], Memory] = {}
        self.asked: list[tuple[Kind, str]] = []
        self.is_down = False

    def find(self, kind: Kind, name: str) -> Memory | None:
        if self.is_down:
            raise Unavailable("memories: down")
        self.asked.append((kind, name))
        return self.kept.get((kind, name))

    def find_each(self, kind: Kind, names: Sequence[str]) -> tuple[Memory | None, ...]:
        return tuple(self.find(kind, name) for name in names)

    def note(self, sightings: tuple[Sighting, ...]) -> None:
        for one in sightings:
            before = self.kept.get((one.kind, one.name))
            self.kept[one.kind, one.name] = recall(one.kind, before, one.at, one.good, one.bad)
