"""How a session with a next hop came to encryption, in the words of TLS reports (RFC 8460 section 4.3)."""

from __future__ import annotations

ENCRYPTED = "ok"  # Ours: the RFC has a word for failures only.
NOT_OFFERED = "starttls-not-supported"
FAILED = "validation-failure"

# What OpenSSL says of a certificate, in lower case.
_WORDS = (
    ("expired", "certificate-expired"),
    ("mismatch", "certificate-host-mismatch"),
    ("self-signed", "certificate-not-trusted"),
    ("self signed", "certificate-not-trusted"),
    ("local issuer", "certificate-not-trusted"),
)


def word_for(trouble: str) -> str:
    """The word for why a handshake failed."""
    said = trouble.lower()
    return next((word for part, word in _WORDS if part in said), FAILED)
