"""Where people see which limits of outbound mail are near or reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ecluse.domain.limit_mark import LimitMark


class ToldLimits(Protocol):
    """Told by the agent."""

    def tell(self, marks: Iterable[LimitMark]) -> None:
        """How these limits stood; those of nobody's client are passed over. Raises `Unavailable`."""
        ...
