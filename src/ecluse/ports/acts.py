"""The log of what clients say of their mail: append-only, so that whatever was learned can be learned again without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.act import Act


class Acts(Protocol):
    """One log for each client, written by one process at a time."""

    def append(self, client: str, act: Act) -> None:
        """Return once it would survive a crash."""
        ...

    def read(self, client: str) -> Iterator[Act]:
        """All acts in order; what a crash tore is left out."""
        ...

    def erase(self, client: str) -> None:
        """Forget the client: nothing of it is left."""
        ...
