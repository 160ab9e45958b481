"""Who is talking to us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """The sending server as the connection shows it, after PROXY and XCLIENT."""

    ip: str  # Text of an IPv4 or IPv6 address; "" when unknown.
    port: int = 0
    helo: str = ""  # The name given in HELO or EHLO, "" before it.
    is_esmtp: bool = False
    tls: str = ""  # "TLSv1.3 TLS_AES_256_GCM_SHA384", or "" in the clear.
    name: str = ""  # Its host name where XCLIENT gave one.
    is_logged_in: bool = False  # By AUTH.
    spoke_early: bool = False  # It sent octets before our greeting.
