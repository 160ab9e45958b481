"""TLS over a connection that stands already: the handshake, what came before it, and what the peer has shown in it."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from dataclasses import dataclass
from typing import cast

HANDSHAKE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Secured:
    """A connection after its handshake."""

    transport: asyncio.Transport  # In place of the one in the clear.
    tls: str  # As `Peer.tls` has it.
    certificate: str  # SHA-256 of the one that the peer showed, and proved to own; "" where it showed none.


async def secure(transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext) -> Secured | None:
    """None where the peer has gone meanwhile. Raises `TimeoutError`, `OSError`."""
    upgraded = await asyncio.get_running_loop().start_tls(
        transport, protocol, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S
    )
    if upgraded is None:
        return None
    cipher = upgraded.get_extra_info("cipher") or ("", "", 0)
    return Secured(upgraded, f"{cipher[1]} {cipher[0]}", _fingerprint(upgraded))


def hand_over(transport: asyncio.Transport, hello: bytes) -> None:
    """Let octets that came before `secure` begin the handshake; it has to have taken its first step."""
    tls = cast(asyncio.BufferedProtocol, transport.get_protocol())
    while hello:
        room = memoryview(tls.get_buffer(len(hello)))
        taken = min(len(room), len(hello))
        room[:taken] = hello[:taken]
        tls.buffer_updated(taken)
        hello = hello[taken:]


def _fingerprint(transport: asyncio.Transport) -> str:
    tls = transport.get_extra_info("ssl_object")
    shown = tls.getpeercert(binary_form=True) if tls is not None else None
    return hashlib.sha256(shown).hexdigest() if shown else ""
