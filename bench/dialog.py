"""A patient SMTP client for the benches that hold connections open: one awaited reply at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import cast

import peers
from load import take_reply

_TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_TRUSTING.check_hostname = False
_TRUSTING.verify_mode = ssl.CERT_NONE  # The bench made the certificate itself.


class Dialog(asyncio.Protocol):
    """One connection; small, because ten thousand of them are held."""

    __slots__ = ("_buffer", "_may_write", "_transport", "_waiter")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._may_write: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls) -> Dialog:
        """Connect to the measured program and read its greeting."""
        _, dialog = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", peers.GATEWAY_PORT)
        await dialog.expect(b"220")
        return dialog

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        _wake(self._waiter)

    def connection_lost(self, exc: Exception | None) -> None:
        for waiter in (self._waiter, self._may_write):
            if waiter and not waiter.done():
                waiter.set_exception(exc or ConnectionError("closed by the server"))

    def pause_writing(self) -> None:
        self._may_write = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _wake(self._may_write)
        self._may_write = None

    async def expect(self, code: bytes) -> bytes:
        """Return the next reply, which must be of this kind."""
        while (reply := take_reply(self._buffer)) is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if not reply.startswith(code):
            raise ConnectionError(f"expected {code!r}, got {reply!r}")
        return reply

    async def ask(self, command: bytes, code: bytes) -> bytes:
        self._transport.write(command)
        return await self.expect(code)

    async def start_tls(self) -> None:
        await self.ask(b"STARTTLS\r\n", b"220")
        transport = await asyncio.get_running_loop().start_tls(self._transport, self, _TRUSTING)
        self._transport = cast("asyncio.Transport", transport)

    async def stream(self, blocks: Iterable[bytes]) -> None:
        """Write block after block, never more than the kernel takes."""
        for block in blocks:
            self._transport.write(block)
            if self._may_write:
                await self._may_write

    def close(self) -> None:
        self._transport.close()


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter and not waiter.done():
        waiter.set_result(None)
