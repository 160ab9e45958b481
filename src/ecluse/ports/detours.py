"""Which outbound mail takes another way than MX, known to all processes of the node and kept through restarts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.detour import Detour


class Detours(Protocol):
    """Read at each attempt, in microseconds; written by order of a person. Calls raise `Unavailable`."""

    def find(self, client: str, destination: str, now: float) -> Detour | None:
        """The one that this mail takes now, the narrowest; None = MX."""
        ...

    def put(self, detour: Detour) -> None:
        """In the place of the last one for the same; durable when it returns."""
        ...

    def end(self, client: str, destination: str) -> bool:
        """Mail goes by MX again; False where there was none for exactly these."""
        ...

    def all(self) -> Iterator[Detour]:
        """Every one, those whose time is over until another takes their place."""
        ...
