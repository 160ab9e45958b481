"""The TLS settings we meet next hops with."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from ecluse.domain.policy import Tls


@dataclass(slots=True)
class TlsContexts:
    """Makes each context once: reading the trust store takes tens of milliseconds."""

    ca_file: str = ""  # PEM file of the authorities that VERIFY trusts; "" for the system's.
    _made: dict[bool, ssl.SSLContext] = field(default_factory=dict)

    def __call__(self, tls: Tls) -> ssl.SSLContext:
        """The context for a route. Raises `OSError` when the CA file cannot be read."""
        verifies = tls is Tls.VERIFY
        if verifies not in self._made:
            self._made[verifies] = self._verifying() if verifies else _encrypting()
        return self._made[verifies]

    def _verifying(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _encrypting() -> ssl.SSLContext:
    """Without a look at the certificate: an unverified one still stops passive listeners (RFC 7435)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
