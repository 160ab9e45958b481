"""The share of the domain name system that one message gets: so many questions, so much time."""

from __future__ import annotations

import asyncio

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.ports.resolver import Resolver

MAX_QUERIES = 100
DEADLINE_S = 15.0  # Below those of the collectors, so that they still tell what was answered in time.

_SPENT = Answer(DnsStatus.BUDGET)


class MessageResolver:
    """The port `Resolver` with a budget that collectors of one message share; beyond it the status is BUDGET.

    Questions that were asked before, and answers from the cache, count too: what a message may ask must not depend on
    what others asked before it.
    """

    __slots__ = ("_ends_at", "_left", "_loop", "_resolver")

    def __init__(self, resolver: Resolver, max_queries: int = MAX_QUERIES, deadline_s: float = DEADLINE_S) -> None:
        """The time begins now."""
        self._resolver = resolver
        self._left = max_queries
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + deadline_s

    async def ask(self, name: str, kind: str) -> Answer:
        """See `Resolver.ask`."""
        known = self.known(name, kind)
        if known is not None:
            return known
        self._left -= 1
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await self._resolver.ask(name, kind)
        except TimeoutError:
            return _SPENT

    def known(self, name: str, kind: str) -> Answer | None:
        """See `Resolver.known`."""
        if self._left <= 0 or self._loop.time() >= self._ends_at:
            return _SPENT
        known = self._resolver.known(name, kind)
        self._left -= known is not None
        return known
