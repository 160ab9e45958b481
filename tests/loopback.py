"""What of this machine's loopback belongs to this process of tests alone: its addresses and its ports.

Two runs, and two workers of one run, never meet. No port is one that the system gives to outgoing connections
(`ip_local_port_range`, 32768 and up): a port that was free when it was chosen stays free until its server starts.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import socket

CORNERS = 50
PORTS = 400
FIRST_PORT = 10_000
_addresses = itertools.count()
_ports = itertools.count()
_claims = []


def fresh_ip() -> str:
    """A loopback address that nobody else has."""
    number = next(_addresses)
    return f"127.{_corner() + 1}.{number // 250}.{1 + number % 250}"


def free_port() -> int:
    """A port of 127.0.0.1 that is free for TCP and UDP."""
    for _ in range(PORTS):
        port = FIRST_PORT + _corner() * PORTS + next(_ports) % PORTS
        if _is_free(port):
            return port
    raise AssertionError("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, contextlib.suppress(OSError):
        tcp.bind(("127.0.0.1", port))
        udp.bind(("127.0.0.1", port))
        return True
    return False


@functools.cache
def _corner() -> int:
    """A number that no other process holds; the system takes it back when this one ends, however it ends."""
    for number in range(CORNERS):
        claim = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            claim.bind(f"\0ecluse-tests-{number}")
            _claims.append(claim)
            return number
        claim.close()
    raise AssertionError(f"{CORNERS} other runs of tests are under way")
