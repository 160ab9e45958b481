"""One HTTPS POST to a server in the Internet, and to none of ours: what a name leads to is looked at when it is used.

The connection goes to the very address that was looked at, so a name that changes between look and use changes nothing
(DNS rebinding). Redirects are not followed. Time and answer are bounded as a whole, however slowly they come.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from threading import Timer
from urllib.parse import urlsplit

from ecluse.adapters.http.bounded_session import is_permitted
from ecluse.domain.errors import Impossible, Unavailable

MOST_ADDRESSES = 3
MAX_ANSWER_BYTES = 4_096  # Nobody reads it; what is left is dropped with the connection.


def is_public(address: str) -> bool:
    """Whether it is one machine's in the Internet: not ours, not the provider's, not a cloud's own."""
    return is_permitted(address, ())


@dataclass(frozen=True, slots=True)
class _Request:
    host: str
    port: int
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpsPoster:
    """Posts, and tells the status."""

    resolve: Callable[[str], tuple[str, ...]]  # Name -> IP addresses; none where it leads nowhere.
    context: ssl.SSLContext
    is_allowed: Callable[[str], bool] = is_public
    deadline_s: float = 15.0  # For all of one request but the look-up and the way there, which has as much again.

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """The status of the answer. Raises `Unavailable`, `Impossible` for an address that is not to be reached."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = _Request(parts.hostname or "", parts.port or 443, path, headers, body)
        trouble: OSError | HTTPException | None = None
        for address in self._addresses(request.host)[:MOST_ADDRESSES]:
            try:
                return self._post(address, request)
            except (OSError, HTTPException) as problem:
                trouble = problem
        raise Unavailable(_told(trouble)) from trouble

    def _addresses(self, host: str) -> list[str]:
        try:
            found: tuple[str, ...] = (str(ip_address(host)),)
        except ValueError:
            found = self.resolve(host)
        if not found:
            raise Unavailable("the name leads to no address")
        allowed = [each for each in found if self.is_allowed(each)]
        if not allowed:
            raise Impossible("the name leads to no address in the Internet")
        return allowed

    def _post(self, address: str, request: _Request) -> int:
        plain = socket.create_connection((address, request.port), timeout=self.deadline_s)
        with (
            self.context.wrap_socket(plain, server_hostname=request.host, do_handshake_on_connect=False) as secure,
            _ended_after(self.deadline_s, secure),
        ):
            secure.do_handshake()
            return _answered(secure, request)


def _answered(secure: ssl.SSLSocket, request: _Request) -> int:
    connection = HTTPConnection(request.host, request.port)
    connection.sock = secure
    headers = {"user-agent": "ecluse-webhooks", "connection": "close", **request.headers}
    connection.request("POST", request.path, request.body, headers)
    response = connection.getresponse()
    response.read(MAX_ANSWER_BYTES)
    response.close()
    return response.status


@contextmanager
def _ended_after(seconds: float, connection: socket.socket) -> Iterator[None]:
    """Whoever answers an octet now and then never runs into the time-out of a socket."""
    timer = Timer(seconds, _end, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _told(trouble: Exception | None) -> str:
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {trouble.verify_message}"[:200]
    if isinstance(trouble, TimeoutError):
        return "no answer in time"
    return f"no answer: {type(trouble).__name__}"
