"""Where the contents of held messages lie when they leave the node's disk (design 4): sealed octets, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ecluse.domain.content import Content


@dataclass(frozen=True, slots=True)
class StoredBody:
    """One content, as the store lists it."""

    message_id: str
    stored_at: float  # UTC, seconds since the epoch; by the store's clock.


class Bodies(Protocol):
    """Those of one node. Every method waits for the store, up to a bounded time, and raises `Unavailable`."""

    def keep(self, message_id: str, content: Content) -> None:
        """Return only once the store has confirmed all of it; kept twice, the later one counts."""
        ...

    def read(self, message_id: str) -> Iterator[bytes]:
        """The octets from the first on. Raises `Impossible` where there are none."""
        ...

    def remove(self, message_ids: Iterable[str]) -> None:
        """Take these away; harmless for what is not there."""
        ...

    def stored(self) -> Iterator[StoredBody]:
        """All that lies there, in no order."""
        ...
