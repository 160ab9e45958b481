"""A connection to a server that a client names: to the very address that was looked at (CWE-918), then TLS."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

_MOST_TRIED = 3


class PlugTrouble(StrEnum):
    """Why there is none."""

    NO_CONNECTION = "no-connection"
    NOT_PUBLIC = "not-public"  # It has no address that may be asked.
    NOT_ENCRYPTED = "not-encrypted"  # No TLS, or a certificate that does not vouch for the host.


class NoPlug(Exception):
    """Nothing was said there but what begins TLS."""

    def __init__(self, trouble: PlugTrouble, said: str = "") -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.said = said


@dataclass(frozen=True, slots=True)
class Outside:
    """Where clients' servers may be."""

    resolve: Callable[[str], tuple[str, ...]]  # Name -> IP addresses; none where it leads nowhere.
    is_allowed: Callable[[str], bool]

    def connect(self, host: str, port: int, deadline: float) -> socket.socket:
        """In the clear. Raises `NoPlug`, and `TimeoutError` after the deadline, which is monotonic."""
        trouble: OSError | None = None
        for address in self._addresses(host):
            try:
                return socket.create_connection((address, port), timeout=left(deadline))
            except OSError as problem:
                trouble = problem
        raise NoPlug(PlugTrouble.NO_CONNECTION) from trouble

    def _addresses(self, host: str) -> list[str]:
        try:
            found: tuple[str, ...] = (str(ip_address(host)),)
        except ValueError:
            found = self.resolve(host)
        allowed = [each for each in found if self.is_allowed(each)]
        if not allowed:
            raise NoPlug(PlugTrouble.NOT_PUBLIC)
        return allowed[:_MOST_TRIED]


def secured(plain: socket.socket, host: str, authority: str, deadline: float) -> ssl.SSLSocket:
    """The same with TLS. `authority`: PEM of who vouches for the host; "": those that browsers know. As `connect` raises."""
    plain.settimeout(left(deadline))
    try:
        context = ssl.create_default_context(cadata=authority or None)
        return context.wrap_socket(plain, server_hostname=host)
    except TimeoutError:
        raise
    except (ssl.SSLError, OSError, ValueError) as problem:
        said = problem.verify_message if isinstance(problem, ssl.SSLCertVerificationError) else ""
        raise NoPlug(PlugTrouble.NOT_ENCRYPTED, said) from problem


def left(deadline: float) -> float:
    """Seconds. Raises `TimeoutError`."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
