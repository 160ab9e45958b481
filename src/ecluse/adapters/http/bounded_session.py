"""A session of `requests` for addresses that strangers chose: TLS only, no redirect, bounded in time and size (CWE-918).

A name is resolved once, and what was looked at is what is connected to: a name that changes its address in between leads
nowhere else.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from ecluse.adapters.http.deadline import Deadline
from ecluse.domain.public_address import is_public_address

MAX_OCTETS = 262_144
WAIT_S = 5.0  # For a connection, and for each piece of an answer.
REQUEST_S = 10.0  # For a whole request, however slowly its answer comes; look-up and way there may take WAIT_S more.
_PIECE = 16_384

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LookUp = Callable[[str], Iterable[str]]


class BoundedSession(requests.Session):
    """Every failure is a `requests.RequestException`, which is an `OSError`."""

    def __init__(
        self, within: Iterable[Network] = (), authorities: Path | None = None, look_up: LookUp | None = None
    ) -> None:
        """`within`: networks that may be asked beside public addresses. `authorities`: PEM, in place of the usual ones.

        `look_up`: host -> addresses, in place of the system's resolver.
        """
        super().__init__()
        self.trust_env = False  # No proxy, no password of a .netrc.
        self.verify = True if authorities is None else str(authorities)
        self.adapters.clear()
        self.mount("https://", _Adapter(tuple(within), look_up or _addresses))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """See `requests`; the body has been read."""
        ends = time.monotonic() + REQUEST_S
        options |= {"stream": True, "allow_redirects": False, "timeout": (WAIT_S, WAIT_S)}
        try:
            response = super().send(request, **options)
            response._content = b"".join(_pieces(response, ends))  # noqa: SLF001 - where `requests` puts what it has read.
        finally:
            self.close()  # Each request has a connection, and so a deadline, of its own.
        return response


class _Adapter(HTTPAdapter):
    def __init__(self, within: tuple[Network, ...], look_up: LookUp) -> None:
        self._within, self._look_up = within, look_up
        self._deadlines: list[Deadline] = []
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _pool(self._within, self._look_up, self._deadlines)}

    def close(self) -> None:
        """See `requests`. Not a connection's own `close`: that is called when it hands itself on to an answer."""
        super().close()
        while self._deadlines:
            self._deadlines.pop().close()


def _pool(networks: tuple[Network, ...], look_up: LookUp, deadlines: list[Deadline]) -> type[HTTPSConnectionPool]:
    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            try:
                made = socket.create_connection((_permitted(look_up(self.host), networks), self.port or 443), WAIT_S)
            except OSError as problem:
                raise NewConnectionError(self, type(problem).__name__) from problem
            deadlines.append(Deadline(REQUEST_S, made))
            return made

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


def _addresses(host: str) -> tuple[str, ...]:
    """What the system makes of a name. Raises `OSError`."""
    return tuple(str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))


def _permitted(addresses: Iterable[str], networks: tuple[Network, ...]) -> str:
    """The first that may be asked. Raises `OSError`."""
    for address in addresses:
        if is_permitted(address, networks):
            return address
    raise PermissionError("no address of this name may be asked")


def is_permitted(text: str, networks: tuple[Network, ...]) -> bool:
    """A public address, or one in these networks."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    if any(inner.version == each.version and inner in each for each in networks):
        return True
    return is_public_address(text)


def _pieces(response: requests.Response, ends: float) -> Iterable[bytes]:
    octets = 0
    for piece in response.iter_content(_PIECE):
        octets += len(piece)
        if octets > MAX_OCTETS:
            raise _left(response, "the answer is too large")
        yield piece
    if time.monotonic() >= ends:  # What our own deadline cut off may look whole.
        raise _left(response, "the answer takes too long")


def _left(response: requests.Response, why: str) -> requests.RequestException:
    response.close()
    return requests.exceptions.ContentDecodingError(why)
