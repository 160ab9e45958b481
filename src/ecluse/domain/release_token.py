"""The secret of one refused message: who has it may ask for its release (1-6)."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_OCTETS = 16  # 128 bits: nobody guesses one.


def new_token() -> str:
    """A fresh one: 22 letters, digits, "-" and "_", to stand at the end of a URL."""
    return secrets.token_urlsafe(TOKEN_OCTETS)


def token_digest(token: str) -> bytes:
    """What is kept of it: who reads the store cannot release with that."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
