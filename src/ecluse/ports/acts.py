"""The log of what clients say of their mail: append-only, so that whatever was learned can be learned again without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ecluse.domain.act import Act


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a client's log was read: where its last record begins and ends, and what tells it from others."""

    last: int
    end: int
    head: bytes


class Acts(Protocol):
    """One log for each client, written by one process at a time."""

    def append(self, client: str, act: Act) -> None:
        """Return once it would survive a crash."""
        ...

    def read(self, client: str) -> Iterator[Act]:
        """All acts in order; what a crash tore is left out."""
        ...

    def read_on(self, client: str, place: Place | None) -> tuple[Place | None, list[Act]]:
        """What follows behind a place of an earlier answer, and the place now; all acts and a new beginning without one.

        Raises `LookupError` where the log is not the one any more that the place is of.
        """
        ...

    def erase(self, client: str) -> bool:
        """Forget the client: nothing of it is left. Whether there was anything."""
        ...
