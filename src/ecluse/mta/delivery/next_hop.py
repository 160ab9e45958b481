"""Handing messages to next hops over pooled connections: the cut-through and the delivery process meet here."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable

from ecluse.domain.address import Address
from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope
from ecluse.domain.policy import Route, Tls
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.connecting import Connector, NoConnection
from ecluse.mta.delivery.connection import Connection
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.mta.delivery.pool import Pool
from ecluse.mta.delivery.probe import probe
from ecluse.mta.delivery.tls import TlsContexts
from ecluse.mta.delivery.transaction import Errand, Transmission, transact
from ecluse.wire.smtp.client import Capabilities

__all__ = ["NextHopLimits", "NextHops", "TlsContexts", "Transmission"]

MAX_REMEMBERED_ROUTES = 10_000
REMEMBERED_FOR_S = 600.0


class NextHops:
    """All next hops of one process; every method belongs to its one event loop."""

    def __init__(
        self,
        hostname: str,
        *,
        limits: NextHopLimits | None = None,
        tls_context: Callable[[Tls], ssl.SSLContext] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits or NextHopLimits()
        self._connector = Connector(hostname, self._limits, tls_context or TlsContexts(), clock)
        self._pool = Pool(self._limits, clock)
        self._clock = clock
        self._capabilities: dict[Route, tuple[float, Capabilities]] = {}  # When it was heard, and what.

    async def transmit(
        self,
        route: Route,
        envelope: Envelope,
        content: Content,
        *,
        before_dot: Callable[[], None],
        deadline: float,
    ) -> Transmission:
        """Hand one message to one next hop; trouble of any kind stands in the result.

        `deadline` (seconds on the clock) bounds all that comes before our dot; after it the next hop has
        `final_timeout_s`. Raises `Impossible` for an address that cannot be written, and what `before_dot` and the
        content raise: then no dot was sent.
        """
        errand = Errand(route, envelope, content, before_dot, deadline)
        pooled = self._pool.take(route)
        if pooled is not None:
            transmission = await self._use(pooled, errand)
            if not _was_found_dead(pooled, transmission):
                return transmission
        try:
            fresh = await self._connect(route, deadline)
        except NoConnection as trouble:
            return Transmission(route, trouble=str(trouble), turned_away=trouble.said, tls=trouble.tls)
        return await self._use(fresh, errand)

    async def verify(self, route: Route, address: Address, deadline: float) -> Reply | None:
        """What one next hop says to RCPT for an address, without a message; None where it says nothing about it."""
        pooled = self._pool.take(route)
        if pooled is not None:
            reply = await self._probe(pooled, route, address, deadline)
            if reply is not None or not pooled.is_dead:
                return reply
        try:
            fresh = await self._connect(route, deadline)
        except NoConnection:
            return None
        return await self._probe(fresh, route, address, deadline)

    async def trouble_with(self, route: Route, *, deadline: float) -> NoConnection | None:
        """What keeps a next hop from a connection as far as MAIL; None: there is one, which is kept for what comes."""
        try:
            fresh = await self._connect(route, deadline)
        except NoConnection as trouble:
            return trouble
        self._pool.give_back(route, fresh)
        return None

    def capabilities(self, route: Route) -> Capabilities | None:
        """What the next hop offered when it was last connected to; None when that was never, or long ago."""
        heard_at, known = self._capabilities.get(route, (0.0, None))
        return known if self._clock() - heard_at < REMEMBERED_FOR_S else None

    async def close(self) -> None:
        """Say QUIT on idle connections; one that is in a transaction is broken off."""
        await self._pool.close()

    async def _connect(self, route: Route, deadline: float) -> Connection:
        try:
            fresh = await self._connector.connect(route, deadline)
        except NoConnection as trouble:
            if trouble.said is not None:
                self._pool.note_crowded(route)
            raise
        self._pool.add(fresh)
        self._remember(route, fresh.session.capabilities)
        return fresh

    async def _use(self, connection: Connection, errand: Errand) -> Transmission:
        try:
            return await transact(connection, errand, self._limits)
        finally:
            # Whatever ended it: a connection that still owes a reply is not taken back.
            self._pool.give_back(errand.route, connection)

    async def _probe(self, connection: Connection, route: Route, address: Address, deadline: float) -> Reply | None:
        try:
            return await probe(connection, address, self._limits, deadline)
        finally:
            self._pool.give_back(route, connection)

    def _remember(self, route: Route, capabilities: Capabilities) -> None:
        self._capabilities.pop(route, None)
        if capabilities == Capabilities():
            # It fell back to HELO, perhaps in a weak moment: that it did not say what it can is no reason to refuse.
            return
        self._capabilities[route] = (self._clock(), capabilities)
        if len(self._capabilities) > MAX_REMEMBERED_ROUTES:
            del self._capabilities[next(iter(self._capabilities))]


def _was_found_dead(pooled: Connection, transmission: Transmission) -> bool:
    """Whether a connection had ended before it was used: then another may be tried, never after the dot."""
    if transmission.dot_sent or not pooled.is_dead:
        return False
    replies = (transmission.sender_reply, transmission.final, *transmission.recipient_replies.values())
    return transmission.trouble != "" or any(reply is not None and reply.code == 421 for reply in replies)
