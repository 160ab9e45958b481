"""How a notice is signed: the headers of Standard Webhooks, HMAC-SHA256 over id, time and body; pure."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

MARK = "whsec_"


def signed_headers(event: str, at: int, body: bytes, secrets: Iterable[bytes]) -> dict[str, str]:
    """Headers by which a receiver knows that we sent this body, and when: one signature a secret."""
    signed = f"{event}.{at}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def shown(secret: bytes) -> str:
    """A secret as libraries that verify take it."""
    return MARK + base64.b64encode(secret).decode()
