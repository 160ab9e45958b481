"""The keys of the store of policy: the table, then its parts, joined by NUL."""

from __future__ import annotations

import hashlib
from pathlib import Path

import lmdb

from ecluse.adapters.lmdb.environment import MAX_KEY_BYTES
from ecluse.domain.errors import Unavailable

PUBLISHED = b"p"  # Present once a policy was published.
LONG = b"#"  # The SHA-256 of a key that is longer than LMDB takes.


def key_of(table: bytes, *parts: str) -> bytes:
    """Parts hold no NUL, so that a look-up for hostile text finds nothing that was not published under that text."""
    # Lone surrogates stand for octets that were no UTF-8: they fit nothing, and must not raise.
    key = b"\0".join((table, *(part.encode("utf-8", "surrogatepass") for part in parts)))
    return key if len(key) <= MAX_KEY_BYTES else LONG + hashlib.sha256(key).digest()


def demand_policy(store: lmdb.Transaction, path: Path) -> None:
    """Raises `Unavailable` without any policy: nobody would be known, and everybody be refused for good."""
    if store.get(PUBLISHED) is None:
        raise Unavailable(f"{path}: no policy was ever published")
