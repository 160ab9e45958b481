"""Secrets of connectors: made by us, shown once, long enough that no dictionary holds them."""

from __future__ import annotations

import base64
import secrets

OCTETS = 20  # 160 bits: 32 characters of base32, which no device mangles.


def new_secret() -> str:
    """Lower-case letters and the digits 2 to 7."""
    return base64.b32encode(secrets.token_bytes(OCTETS)).decode("ascii").lower()
