"""How long and how much we bear with a next hop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NextHopLimits:
    """Time-outs are seconds without a whole reply (RFC 5321 section 4.5.3.2), each within the caller's deadline."""

    connect_timeout_s: float = 10.0  # Look-up of the name and TCP, all addresses together.
    greeting_timeout_s: float = 300.0
    ehlo_timeout_s: float = 300.0
    tls_timeout_s: float = 30.0  # The handshake.
    mail_timeout_s: float = 300.0
    rcpt_timeout_s: float = 300.0
    data_timeout_s: float = 120.0
    block_timeout_s: float = 180.0  # Until the next piece of the content fits into the transport.
    final_timeout_s: float = 300.0  # After our dot; the design takes 300 where the RFC would wait for 600.
    reset_timeout_s: float = 5.0  # To leave a transaction that nobody wanted; the caller waits for it.
    idle_s: float = 30.0  # So long an idle connection is kept.
    max_transactions: int = 100  # Per connection.
    max_idle_per_route: int = 20
    max_idle: int = 200  # Over all routes.

    @property
    def envelope_timeout_s(self) -> float:
        """Silence allowed within the replies to a pipelined envelope."""
        return max(self.mail_timeout_s, self.rcpt_timeout_s, self.data_timeout_s)
