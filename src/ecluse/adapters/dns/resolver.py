"""The port `Resolver` over the configured name servers: one cache for the process, one question for all who ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from ecluse.adapters.dns import wire
from ecluse.adapters.dns.cache import AnswerCache, Key
from ecluse.adapters.dns.look_up import LookUp
from ecluse.adapters.dns.name_server import NameServer
from ecluse.domain.dns import Answer, DnsStatus

MAX_UNDER_WAY = 10_000  # Questions at once; one more is answered TIMEOUT without being asked.

_BAD_NAME = Answer(DnsStatus.BAD_NAME)
_TOO_MANY = Answer(DnsStatus.TIMEOUT)


class StubResolver:
    """Asks resolvers that recurse for us; what went wrong is the answer's status, never an exception.

    It belongs to the event loop of its first question.
    """

    def __init__(
        self, name_servers: Sequence[tuple[str, int]], *, deadline_s: float = 5.0, cache_size: int = 100_000
    ) -> None:
        """`name_servers` are IP addresses and ports, asked in this order; `deadline_s` holds for one question."""
        self._servers = [NameServer(address, port) for address, port in name_servers]
        self._deadline_s = deadline_s
        self._cache = AnswerCache(cache_size)
        self._under_way: dict[Key, LookUp] = {}

    async def ask(self, name: str, kind: str) -> Answer:
        """See `Resolver.ask`."""
        key = (name.lower().removesuffix("."), kind)
        known = self._cache.find(key)
        return known if known is not None else await self._look_up(key)

    def known(self, name: str, kind: str) -> Answer | None:
        """See `Resolver.known`."""
        return self._cache.find((name.lower().removesuffix("."), kind))

    async def ask_afresh(self, name: str, kind: str) -> Answer:
        """See `FreshResolver.ask_afresh`."""
        return await self._look_up((name.lower().removesuffix("."), kind))

    def close(self) -> None:
        """Answer TIMEOUT to all who wait, and let go of the sockets."""
        for look_up in tuple(self._under_way.values()):
            look_up.give_up()
        for server in self._servers:
            server.close()

    async def _look_up(self, key: Key) -> Answer:
        # One future for each who asks: who is cancelled takes nobody with him.
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        look_up = self._under_way.get(key)
        if look_up is not None:
            look_up.waiters.append(waiter)
            return await waiter
        encoded = wire.encode_name(key[0])
        if encoded is None:
            return _BAD_NAME
        if len(self._under_way) >= MAX_UNDER_WAY:
            return _TOO_MANY
        # `sorted` keeps the configured order among those that are well.
        order = sorted(self._servers, key=_is_down) if len(self._servers) > 1 else self._servers
        look_up = self._under_way[key] = LookUp(encoded, key[1], order, self._deadline_s, partial(self._end, key))
        look_up.waiters.append(waiter)
        look_up.start()
        return await waiter

    def _end(self, key: Key, answer: Answer) -> None:
        self._cache.keep(key, answer)
        for waiter in self._under_way.pop(key).waiters:
            if not waiter.done():
                waiter.set_result(answer)


def _is_down(server: NameServer) -> bool:
    return server.is_down
