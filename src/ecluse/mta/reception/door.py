"""What distinguishes one listening door from another: whom it serves and how strict it is."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from ecluse.domain.incoming import Direction
from ecluse.mta.reception.networks import Networks


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of one listener."""

    direction: Direction
    max_message_bytes: int = 52_428_800
    max_recipients: int = 1_000
    max_errors: int = 10
    max_connections: int = 20_000  # Open at once in one worker.
    max_connections_per_ip: int = 50  # Open at once on the node; 0 = no limit.
    early_talk_wait_s: float = 0.5  # Who speaks before the greeting is no mail server; 0 = greet at once.
    command_timeout_s: float = 300.0  # RFC 5321 section 4.5.3.2.7.
    data_timeout_s: float = 180.0  # Silence inside DATA, RFC 5321 section 4.5.3.2.5.
    min_octets_per_s: int = 100  # A message that drips slower, after `data_timeout_s`, is cut.
    session_timeout_s: float = 3_600.0
    is_tls_from_start: bool = False  # Port 465 (RFC 8314); else TLS comes by STARTTLS.
    proxy_protocol_from: Networks = field(default_factory=lambda: Networks(()))
    xclient_from: Networks = field(default_factory=lambda: Networks(()))
    mends_newlines_from: Networks = field(default_factory=lambda: Networks(()))


@dataclass(slots=True)
class Certificate:
    """The TLS context of the node; replaced on reload, so that new handshakes use the new certificate."""

    context: ssl.SSLContext | None = None
