"""A connection that ends when its time is over, however slowly its other side goes on."""

from __future__ import annotations

import socket
from threading import Timer


class Deadline:
    """Whoever sends an octet now and then never runs into the time-out of a socket, but into this."""

    def __init__(self, seconds: float, connection: socket.socket) -> None:
        """Runs from now on; what becomes of `connection` meanwhile, TLS above all, is all the same to it."""
        self._connection = connection.dup()
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """It ends nothing any more."""
        self._timer.cancel()
        self._timer.join()
        self._connection.close()

    def _end(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # It has ended by itself.
            return
