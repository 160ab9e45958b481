"""The listening doors of one worker: accept, watch the time, drain."""

from __future__ import annotations

import asyncio
import socket
import time

import structlog

from ecluse.mta import frequent, metrics
from ecluse.mta.reception.connection import Connection
from ecluse.mta.reception.lobby import Lobby

log = structlog.get_logger()

CHECK_EVERY_S = 1.0
DRAIN_S = 30.0  # How long transactions under way may go on after SIGTERM.
PATIENT_FOR_S = 3_600.0  # How long it is remembered that an IP waited for the greeting.
BACKLOG = 1_024


class Listener:
    """Serves the sockets that the supervisor bound."""

    def __init__(self, doors: list[tuple[socket.socket, Lobby]]) -> None:
        self._doors = doors
        self._lobbies = [lobby for _, lobby in doors]
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Accept from now on."""
        loop = asyncio.get_running_loop()
        for bound, lobby in self._doors:
            server = await loop.create_server(lambda lobby=lobby: Connection(lobby), sock=bound, backlog=BACKLOG)  # type: ignore[misc]  # mypy cannot infer a default argument of a lambda.
            self._servers.append(server)

    async def watch(self) -> None:
        """Every second, end what is late and show what was counted; for ever."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            frequent.flush()
            now = time.monotonic()
            for lobby in self._lobbies:
                for connection in tuple(lobby.open):
                    _check_time(connection, now)
                self._forget_patience(lobby, now)

    async def drain(self) -> None:
        """Take nobody else, let transactions end, say goodbye to the idle."""
        for server in self._servers:
            server.close()
        deadline = time.monotonic() + DRAIN_S
        while any(lobby.open for lobby in self._lobbies) and time.monotonic() < deadline:
            for lobby in self._lobbies:
                for connection in tuple(lobby.open):
                    connection.drain()
            await asyncio.sleep(0.05)
        frequent.flush()
        left = sum(len(lobby.open) for lobby in self._lobbies)
        if left:
            log.warning("connections cut at shutdown", count=left)

    def _forget_patience(self, lobby: Lobby, now: float) -> None:
        while lobby.patient:
            ip = next(iter(lobby.patient))
            if now - lobby.patient[ip] < PATIENT_FOR_S and len(lobby.patient) < 100_000:
                return
            del lobby.patient[ip]


def _check_time(connection: Connection, now: float) -> None:
    """The border of the watch: a fault of ours ends this connection, and never the time-outs of all others."""
    try:
        connection.check_time(now)
    except Exception:
        metrics.BUGS.inc()
        log.exception("connection ended by a fault of ours")
        transport = connection._transport  # noqa: SLF001 - what can still be asked of a connection at fault.
        if transport is not None:
            transport.abort()
