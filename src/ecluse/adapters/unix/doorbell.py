"""Rings the delivery process that owns a destination, by a datagram on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

MAX_ID_OCTETS = 64
AGAIN_AFTER_S, AGAIN_TIMES = 0.05, 20  # A delivery process that is busy hears it once it is less so.


class UnixDoorbell:
    """The ringing side; a delivery process that is away or busy is simply not rung."""

    def __init__(self, folder: Path, owner_of: Callable[[str], int]) -> None:
        """`owner_of` gives the number of the delivery process that owns a destination."""
        self._folder = folder
        self._owner_of = owner_of
        self._socket = _datagram_socket()

    def ring(self, destination: str, message_id: str) -> None:
        """See `ports.doorbell.Doorbell`."""
        self._ring(str(_path(self._folder, self._owner_of(destination))), message_id.encode())

    def _ring(self, path: str, octets: bytes, times_left: int = AGAIN_TIMES) -> None:
        try:
            self._socket.sendto(octets, path)
        except BlockingIOError:
            # Linux lets ten rings wait. Where nobody can ring again in a moment, the next look into the spool finds it.
            with contextlib.suppress(RuntimeError):
                if times_left:
                    loop = asyncio.get_running_loop()
                    loop.call_later(AGAIN_AFTER_S, self._ring, path, octets, times_left - 1)
        except OSError:
            return

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
