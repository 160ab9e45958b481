"""One name server: a few connected UDP sockets with changing ports, and TCP for what does not fit."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from ipaddress import ip_address

SOCKETS = 8  # In use at once; each has its own port and its own 65,536 ids.
QUESTIONS_PER_SOCKET = 512  # Then its place is taken by one with another port,
SOCKET_AGE_S = 60.0  # or after this time.
PACKET_OCTETS = 4_096
DOWN_S = 10.0  # A server that did not answer is asked after the others for this long.

Received = Callable[[bytes], bool]  # True when the packet was an answer, and nothing more is expected.
Broken = Callable[[], None]


class NameServer:
    """Where questions go; a server that fails is noticed here."""

    __slots__ = ("_down_until", "_places", "address", "is_local", "port")

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, port
        self.is_local = ip_address(address).is_loopback
        self._places: list[Channel | None] = [None] * SOCKETS
        self._down_until = 0.0

    @property
    def is_down(self) -> bool:
        """It failed not long ago."""
        return self._down_until > time.monotonic()

    def answered(self) -> None:
        """It is well."""
        self._down_until = 0.0

    def failed(self) -> None:
        """It was silent for too long, or its machine says that nobody is there."""
        self._down_until = time.monotonic() + DOWN_S

    def channel(self, number: int) -> Channel:
        """One of the sockets; `number` is a random octet. Raises `OSError`."""
        place = number % SOCKETS
        channel = self._places[place]
        if channel is not None and not channel.is_spent:
            return channel
        self._places[place] = fresh = Channel(self.address, self.port)
        if channel is not None:
            channel.retire()
        return fresh

    async def ask_by_tcp(self, query: bytes) -> bytes:
        """The answer to one packet by a connection of its own (RFC 7766). Raises `OSError` or `EOFError`."""
        reader, writer = await asyncio.open_connection(self.address, self.port)
        try:
            writer.write(len(query).to_bytes(2, "big") + query)
            size = int.from_bytes(await reader.readexactly(2), "big")
            return await reader.readexactly(size)
        finally:
            writer.transport.abort()

    def close(self) -> None:
        """Let go of all sockets; what still waits on them is not told."""
        for channel in self._places:
            if channel is not None:
                channel.close()
        self._places = [None] * SOCKETS


class Channel:
    """A connected UDP socket: the kernel drops what does not come from the server."""

    __slots__ = ("_asked", "_is_closed", "_loop", "_socket", "_spent_at", "_waiting")

    def __init__(self, address: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._waiting: dict[bytes, tuple[Received, Broken]] = {}
        self._asked = 0
        self._spent_at = time.monotonic() + SOCKET_AGE_S
        self._is_closed = False
        try:
            self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature.
            self._socket.connect((address, port))
        except OSError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket.fileno(), self._readable)

    @property
    def is_spent(self) -> bool:
        """It has asked enough under one port."""
        return self._is_closed or self._asked >= QUESTIONS_PER_SOCKET or self._spent_at <= time.monotonic()

    def ask(self, query: bytes, received: Received, broken: Broken) -> bool:
        """Send a packet, whose first two octets must be free here; False when they are taken. Raises `OSError`."""
        query_id = query[:2]
        if query_id in self._waiting:
            return False
        try:
            self._socket.send(query)
        except ConnectionError:
            # It is about an earlier packet, and whoever waits here would not hear of it: the error is told only once.
            self._loop.call_soon(self._break)
            raise
        self._asked += 1
        self._waiting[query_id] = (received, broken)
        return True

    def forget(self, query_id: bytes) -> None:
        """Nobody waits for this answer any more."""
        self._waiting.pop(query_id, None)
        if not self._waiting and self._asked >= QUESTIONS_PER_SOCKET:
            self.close()

    def retire(self) -> None:
        """Ask nothing more; close once the last answer is here."""
        self._asked = QUESTIONS_PER_SOCKET
        if not self._waiting:
            self.close()

    def close(self) -> None:
        """Let go of the socket."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        while True:
            try:
                packet = self._socket.recv(PACKET_OCTETS)
            except BlockingIOError:
                return
            except OSError:
                # The machine said by ICMP that nobody listens: nothing on this socket will be answered.
                self._break()
                return
            asker = self._waiting.get(packet[:2])
            # What is no answer may be forged, and the real one still on its way.
            if asker is not None and asker[0](packet):
                self.forget(packet[:2])
            if not self._waiting:
                return

    def _break(self) -> None:
        askers = list(self._waiting.values())
        self._waiting.clear()
        self.close()
        for _, broken in askers:
            broken()
