"""Secrets of one-time links: 192 random bits in the link, their SHA-256 in the database."""

from __future__ import annotations

import hashlib
import secrets

_OCTETS = 24
MAX_SECRET = 64  # Characters: longer ones are none of ours.


def new_secret() -> str:
    """A secret that may stand in a URL."""
    return secrets.token_urlsafe(_OCTETS)


def digest_of(secret: str) -> bytes:
    """What is kept of it. A plain hash will do: nobody guesses 192 random bits."""
    return hashlib.sha256(secret[:MAX_SECRET].encode("utf-8", "replace")).digest()
