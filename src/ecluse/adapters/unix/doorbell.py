"""Rings the delivery process that owns a destination, by a datagram on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

MAX_ID_OCTETS = 64


class UnixDoorbell:
    """The ringing side; a delivery process that is away or busy is simply not rung."""

    def __init__(self, folder: Path, owner_of: Callable[[str], int]) -> None:
        """`owner_of` gives the number of the delivery process that owns a destination."""
        self._folder = folder
        self._owner_of = owner_of
        self._socket = _datagram_socket()

    def ring(self, destination: str, message_id: str) -> None:
        """See `ports.doorbell.Doorbell`."""
        with contextlib.suppress(OSError):
            self._socket.sendto(message_id.encode(), str(_path(self._folder, self._owner_of(destination))))

    def close(self) -> None:
        """No more ringing."""
        self._socket.close()


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the signature of asyncio.
        if len(data) <= MAX_ID_OCTETS and data.isalnum():
            self._hear(data.decode("ascii"))


async def listen(folder: Path, number: int, hear: Callable[[str], None]) -> asyncio.DatagramTransport:
    """Hear the rings for one delivery process; the socket file of a dead predecessor is replaced."""
    bound = _bind(_path(folder, number))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Ear(hear), sock=bound)
    return transport


def _bind(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    bound = _datagram_socket()
    bound.bind(str(path))
    return bound


def _datagram_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)


def _path(folder: Path, number: int) -> Path:
    return folder / f"delivery-{number}.sock"
