"""Exact counts of what outbound mail asks for: asked, not told, so that parallel senders cannot take the last place twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ecluse.domain.quota import Charge, Grant


class Quotas(Protocol):
    """One count for all processes of a node, and for all nodes that share a counter server; kept through restarts."""

    async def take(self, charge: Charge) -> Grant:
        """Count all of it, or nothing where a limit would be passed. Raises `Unavailable`."""
        ...

    async def days(self, name: str, days: Sequence[int]) -> tuple[int, ...]:
        """What a sum with a window of a day came to on each of these days since the epoch. Raises `Unavailable`."""
        ...

    async def empty(self, names: Sequence[str]) -> None:
        """Nothing is in these buckets any more. Raises `Unavailable`."""
        ...
