"""From a route to a connection that is ready for MAIL: TCP, greeting, EHLO, STARTTLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import SOCK_STREAM, gaierror

from ecluse.domain.errors import Unavailable
from ecluse.domain.policy import Route, Tls
from ecluse.domain.public_address import is_public_address
from ecluse.domain.reply import Reply
from ecluse.mta.delivery import tls_words
from ecluse.mta.delivery.connection import Connection
from ecluse.mta.delivery.demand import Demand
from ecluse.mta.delivery.exchanges import Exchange
from ecluse.mta.delivery.limits import NextHopLimits
from ecluse.mta.delivery.source import Source
from ecluse.wire.dane.fitting import misfit
from ecluse.wire.smtp.client import ehlo, helo


class NoConnection(Unavailable):
    """The next hop cannot be talked to; the text says why in one clause."""

    def __init__(self, why: str, said: Reply | None = None, *, tls: str = "") -> None:
        """`said` is what a server that is up says in place of a welcome; `tls` why it cannot be talked to in secret."""
        super().__init__(why)
        self.said = said
        self.tls = tls


class NoAddress(NoConnection):
    """Its name leads to nothing, or to no address that may be asked."""


class TlsFailed(NoConnection):
    """Encryption, or the proof of who is there, came to nothing."""


async def _addresses(route: Route) -> list[str]:
    """Where its name leads, by the machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(route.host, route.port, type=SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Connector:
    """Opens connections and introduces us."""

    hostname: str  # Our name in EHLO, where connections do not leave from an address with one of its own.
    limits: NextHopLimits
    tls_context: Callable[[Tls], ssl.SSLContext]
    clock: Callable[[], float]
    addresses: Callable[[Route], Awaitable[Iterable[str]]] = _addresses

    async def connect(self, route: Route, deadline: float) -> Connection:
        """A connection that has been through EHLO. Raises `NoConnection`; `deadline` is on our clock."""
        word = ""
        *stricter, last = _steps(route)
        for tls in stricter:
            try:
                connection = await self._connect(route, tls, deadline)
            except TlsFailed as trouble:
                # Better in the clear than not at all: that is what opportunistic means (RFC 7435).
                word = word or trouble.tls
            else:
                connection.tls = word or connection.tls
                return connection
        connection = await self._connect(route, last, deadline)
        connection.tls = word or connection.tls
        return connection

    async def _connect(self, route: Route, tls: Tls, deadline: float) -> Connection:
        connection = await self._open(route, deadline)
        try:
            await self._hear_greeting(connection, deadline)
            await self._introduce(connection, route, deadline)
            if tls is not Tls.NEVER:
                await self._secure(connection, route, tls, deadline)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _open(self, route: Route, deadline: float) -> Connection:
        patience_s = min(self.limits.connect_timeout_s, deadline - self.clock())
        try:
            async with asyncio.timeout(patience_s):
                hosts = await self._hosts(route)
                connection = await self._open_first(hosts, route)
        except TimeoutError as error:
            raise NoConnection(f"no connection within {max(patience_s, 0):g} s") from error
        except ConnectionRefusedError as error:
            raise NoConnection("connection refused") from error
        except (gaierror, UnicodeError) as error:
            raise NoAddress(f"the name {route.host} does not lead to an address") from error
        except OSError as error:
            raise NoConnection(f"no connection: {error.strerror or error}"[:200]) from error
        return connection

    async def _hosts(self, route: Route) -> list[str]:
        """What to connect to: an address that was looked at before, or what the system makes of a name."""
        if isinstance(route, Exchange):
            return [route.address]
        return [route.host] if route.is_vouched else await self._public_addresses(route)

    async def _public_addresses(self, route: Route) -> list[str]:
        """Where a client's own route may lead: looked at here, at each connection, since a name is its owner's to change."""
        return [each for each in dict.fromkeys(await self.addresses(route)) if is_public_address(each)]

    async def _open_first(self, hosts: list[str], route: Route) -> Connection:
        """To the first that listens. Raises the `OSError` of the last."""
        loop = asyncio.get_running_loop()
        source = _source(route)
        local = (source.address, 0) if source else None
        for number, host in enumerate(hosts, 1):
            try:
                _, connection = await loop.create_connection(
                    lambda: Connection(self.clock), host, route.port, local_addr=local
                )
            except OSError:
                if number == len(hosts):
                    raise
            else:
                return connection
        raise NoAddress("it leads to no address of the Internet, and the provider has not vouched for it")

    async def _hear_greeting(self, connection: Connection, deadline: float) -> None:
        replies = await connection.replies(1, self.limits.greeting_timeout_s, deadline)
        greeting = _sole(replies, connection, "greeting")
        if greeting.code != 220:
            raise NoConnection(f"greeted with {greeting}", greeting)

    async def _introduce(self, connection: Connection, route: Route, deadline: float) -> None:
        source = _source(route)
        hostname = source.hostname if source else self.hostname
        replies = await connection.ask([ehlo(hostname)], self.limits.ehlo_timeout_s, deadline)
        reply = _sole(replies, connection, "reply to EHLO")
        if reply.is_positive:
            connection.session.learn(reply)
            return
        if not reply.is_permanent:
            raise NoConnection(f"EHLO was answered {reply}", reply)
        replies = await connection.ask([helo(hostname)], self.limits.ehlo_timeout_s, deadline)
        reply = _sole(replies, connection, "reply to HELO")
        if not reply.is_positive:
            raise NoConnection(f"HELO was answered {reply}", reply)

    async def _secure(self, connection: Connection, route: Route, tls: Tls, deadline: float) -> None:
        if not connection.session.capabilities.starttls:
            connection.tls = tls_words.NOT_OFFERED
            if tls is Tls.MAY:
                return
            raise TlsFailed("STARTTLS is required and not offered", tls=tls_words.NOT_OFFERED)
        connection.write(connection.session.ask_starttls())
        reply = _sole(
            await connection.replies(1, self.limits.ehlo_timeout_s, deadline), connection, "reply to STARTTLS"
        )
        if reply.code == 220:
            await self._shake_hands(connection, route, tls, deadline)
            connection.tls = tls_words.ENCRYPTED
        elif tls is not Tls.MAY:
            raise TlsFailed(f"STARTTLS was answered {reply}", tls=tls_words.NOT_OFFERED)
        else:
            connection.tls = tls_words.NOT_OFFERED

    async def _shake_hands(self, connection: Connection, route: Route, tls: Tls, deadline: float) -> None:
        patience_s = min(self.limits.tls_timeout_s, deadline - self.clock())
        if patience_s <= 0:
            raise NoConnection("out of time before the TLS handshake")
        await connection.start_tls(self.tls_context(tls), _names(route)[0].rstrip("."), patience_s)
        if connection.trouble:
            raise TlsFailed(connection.trouble, tls=tls_words.word_for(connection.trouble))
        if misfit := _misfit(route, connection):
            raise TlsFailed(misfit, tls=tls_words.word_for(misfit))
        try:
            # In TLS 1.3 a server that does not like us says so only after our side of the handshake is done.
            await self._introduce(connection, route, deadline)
        except NoConnection as trouble:
            raise TlsFailed(str(trouble), tls=tls_words.FAILED) from trouble


def _steps(route: Route) -> tuple[Tls, ...]:
    """How it is tried: what comes later is for when TLS has failed before."""
    demand = route.demand if isinstance(route, Exchange) else Demand(tls=route.tls)
    return demand.steps


def _source(route: Route) -> Source | None:
    return route.source if isinstance(route, Exchange) else None


def _misfit(route: Route, connection: Connection) -> str:
    """Why the server is not the one that its TLSA records name; "" where it is, or where there are none."""
    if not isinstance(route, Exchange) or not route.demand.tlsa:
        return ""
    return misfit(route.demand.tlsa, connection.certificates, _names(route), datetime.now(UTC))


def _names(route: Route) -> tuple[str, ...]:
    """Under which the server is asked for, the preferred first: where its TLSA records stand (RFC 7672 section 3.2)."""
    base = route.demand.base if isinstance(route, Exchange) else ""
    return tuple(dict.fromkeys((base or route.host, route.host)))


def _sole(replies: list[Reply], connection: Connection, what: str) -> Reply:
    if not replies:
        raise NoConnection(f"{connection.trouble} (awaiting the {what})")
    return replies[0]
