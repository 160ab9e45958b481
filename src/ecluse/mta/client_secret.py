"""Secrets of clients: they follow from the node key, which all nodes of an installation share."""

from __future__ import annotations

import hashlib
import hmac


def client_secret(node_key: bytes, purpose: str, client: str) -> bytes:
    """32 octets, others for each purpose and each client."""
    return hmac.digest(node_key, f"{purpose}\0{client}".encode(), hashlib.sha256)
