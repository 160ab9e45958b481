"""Published policy as the control plane gives it to nodes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from ecluse.domain.publication import Batch, Publication


class Publications(Protocol):
    """What is published, and what changes. Every method raises `Unavailable`."""

    def everything(self) -> AbstractContextManager[tuple[int, Iterable[Publication]]]:
        """A position, and all that is published there; for a node that knows nothing yet."""
        ...

    def after(self, position: int) -> Batch | None:
        """What changed since; an empty batch when nothing did, None when that is no longer known: see `everything`."""
        ...
