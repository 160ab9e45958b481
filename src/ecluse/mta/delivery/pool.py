"""Idle connections to next hops, kept for the next message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ecluse.domain.policy import Route
from ecluse.mta.delivery.connection import Connection
from ecluse.mta.delivery.exchanges import Exchange
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.mta.delivery.providers import provider_of

CROWDED_S = 60.0  # So long no connection is kept idle after a next hop turned us away.
CLOSE_S = 2.0  # So long the end of the process waits for replies to QUIT.


class Pool:
    """The most recently used connection of a route goes out first, so that the others may age and leave."""

    def __init__(self, limits: NextHopLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._idle: dict[Route, list[Connection]] = {}
        self._count = 0
        self._open: set[Connection] = set()
        self._crowded: dict[Route, float] = {}  # Until when nothing is kept for a route.
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False

    def __len__(self) -> int:
        return self._count

    def add(self, connection: Connection) -> None:
        """Know a fresh connection until it is closed."""
        self._open.add(connection)
        connection.closed.add_done_callback(lambda _: self._open.discard(connection))

    def take(self, route: Route) -> Connection | None:
        """A connection that was good when last heard of, or None."""
        idle = self._idle.get(route)
        while idle:
            connection = idle.pop()
            self._count -= 1
            if connection.is_usable and not self._is_too_old(connection):
                return connection
            connection.leave()
        return None

    def give_back(self, route: Route, connection: Connection) -> None:
        """Keep the connection if it is good for another transaction, else end it."""
        most = provider_of(route.host).messages if isinstance(route, Exchange) else self._limits.max_transactions
        if self._is_closed or not self._is_worth_keeping(connection, most, len(self._idle.get(route, ()))):
            connection.leave()
            return
        connection.idle_since = self._clock()
        self._idle.setdefault(route, []).append(connection)
        self._count += 1
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self._limits.idle_s, self._sweep_out)

    def note_crowded(self, route: Route) -> None:
        """The next hop turned us away: a connection that idles here may be the place that another process lacks."""
        self._crowded[route] = self._clock() + CROWDED_S
        idle = self._idle.pop(route, [])
        self._count -= len(idle)
        for connection in idle:
            connection.leave()

    async def close(self) -> None:
        """Say QUIT to all that are idle and break off the rest."""
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        idle = {connection for connections in self._idle.values() for connection in connections}
        self._idle.clear()
        self._count = 0
        for connection in idle:
            connection.leave()
        for connection in self._open - idle:
            connection.leave()
        if self._open:
            await asyncio.wait([connection.closed for connection in self._open], timeout=CLOSE_S)
        for connection in tuple(self._open):
            connection.abort()

    def _is_worth_keeping(self, connection: Connection, most: int, idle_on_route: int) -> bool:
        return (
            connection.is_usable
            and connection.transactions < most
            and idle_on_route < self._limits.max_idle_per_route
            and self._count < self._limits.max_idle
        )

    def _is_too_old(self, connection: Connection) -> bool:
        return self._clock() - connection.idle_since >= self._limits.idle_s

    def _sweep_out(self) -> None:
        self._sweep = None
        self._crowded = {route: until for route, until in self._crowded.items() if until > self._clock()}
        for route, connections in tuple(self._idle.items()):
            fresh = [one for one in connections if one.is_usable and not self._is_too_old(one)]
            for connection in set(connections).difference(fresh):
                connection.leave()
            self._count -= len(connections) - len(fresh)
            if fresh:
                self._idle[route] = fresh
            else:
                del self._idle[route]
        if self._count:
            # A connection outlives its limit by half of it at most; `take` never hands such a one out.
            self._sweep = asyncio.get_running_loop().call_later(self._limits.idle_s / 2, self._sweep_out)
