"""Who is not written to any more, as published to the node."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.suppression import Suppression


class Suppressions(Protocol):
    """Look-ups take the same time however long the lists are."""

    def suppression(self, client: str, recipient: str) -> Suppression | None:
        """The client's line about this `Address.key`; None: it may write to it. Raises `Unavailable`."""
        ...
