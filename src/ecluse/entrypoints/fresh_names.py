"""The DNS for programs and pages that wait for one answer: asked afresh, since who has just set a record wants to see it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from ipaddress import ip_address

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.domain.dns import Answer
from ecluse.entrypoints.settings_tables import Settings

LOOK_UP_S = 8.0


class FreshNames:
    """Asks the name servers of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._servers = [(server.host, server.port) for server in settings.dns.nameservers]

    def look_up(self, name: str, kind: str) -> Answer:
        """The answer, within some seconds; one that did not come is an answer, too."""
        return asyncio.run(self._ask(name, kind))

    def addresses(self, name: str) -> tuple[str, ...]:
        """Where a name leads, IPv4 first."""
        return asyncio.run(self.find_addresses(name))

    async def find_addresses(self, name: str) -> tuple[str, ...]:
        """The same, within the same time; an address is its own."""
        with suppress(ValueError):
            return (str(ip_address(name)),)
        answers = await asyncio.gather(*(self._ask(name, kind) for kind in ("A", "AAAA")))
        return tuple(text for answer in answers for text in answer.texts)

    async def _ask(self, name: str, kind: str) -> Answer:
        resolver = StubResolver(self._servers, deadline_s=LOOK_UP_S, cache_size=1)
        try:
            return await resolver.ask_afresh(name, kind)
        finally:
            resolver.close()
