"""One HTTPS POST to a server in the Internet, and to none of ours: what a name leads to is looked at when it is used.

The connection goes to the very address that was looked at, so a name that changes between look and use changes nothing
(DNS rebinding). Redirects are not followed. Time and answer are bounded as a whole, however slowly they come.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import urlsplit

from ecluse.adapters.http.bounded_session import is_permitted
from ecluse.adapters.http.deadline import Deadline
from ecluse.domain.errors import Impossible, Unavailable

MOST_ADDRESSES = 3
CONNECT_S = 5.0
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
    deadline_s: float = 20.0  # For all of one request but the look-up: 15 s for the answer, where the way is free.

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """The status of the answer. Raises `Unavailable`, `Impossible` for an address that is not to be reached."""
        request = _request(url, headers, body)
        trouble: Exception | None = None
        addresses, ends = self._addresses(request.host)[:MOST_ADDRESSES], time.monotonic() + self.deadline_s
        for address in addresses:
            left_s = ends - time.monotonic()
            if left_s <= 0:
                break
            try:
                status = _posted(self.context, address, request, left_s)
            except (OSError, HTTPException, ValueError, AttributeError) as problem:  # The last two: the ssl module's.
                trouble = problem
            else:
                if time.monotonic() < ends:  # What the deadline cut off may look whole.
                    return status
        raise Unavailable(_told(trouble if time.monotonic() < ends else TimeoutError())) from trouble

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


def _request(url: str, headers: dict[str, str], body: bytes) -> _Request:
    """Raises `Impossible` for a name that TLS cannot ask for: the ssl module would leave its connection open."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        host.encode("idna")
    except ValueError:
        raise Impossible("the address is none") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Request(host, port, path, headers, body)


def _posted(context: ssl.SSLContext, address: str, request: _Request, seconds: float) -> int:
    with (
        socket.create_connection((address, request.port), timeout=min(seconds, CONNECT_S)) as plain,
        closing(Deadline(seconds, plain)),
        context.wrap_socket(plain, server_hostname=request.host, do_handshake_on_connect=False) as secure,
    ):
        secure.settimeout(seconds)
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


def _told(trouble: Exception | None) -> str:
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {trouble.verify_message}"[:200]
    if isinstance(trouble, TimeoutError):
        return "no answer in time"
    return f"no answer: {type(trouble).__name__}"
