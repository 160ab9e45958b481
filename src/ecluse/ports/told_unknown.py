"""Where a client's lists of suppressed recipients are made of what servers answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.suppression import UnknownRecipient


class ToldUnknown(Protocol):
    """Told by the agent."""

    def tell(self, recipients: Iterable[UnknownRecipient]) -> None:
        """What was answered; known ones, and those of nobody's client, are passed over. Raises `Unavailable`."""
        ...
