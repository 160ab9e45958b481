"""The master key: a file outside the database, so that a copy of the database opens nothing.

    nonce (12) | AES-256-GCM of the secret, bound to its client and to what it is for

Whoever loses the file loses all held bodies, and nothing else; it belongs into the backup that the database is not in.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.control.secret_file import write_once
from ecluse.domain.errors import Impossible

KEY_OCTETS = 32
SEALING_KEY = "sealing key"
_NONCE_OCTETS = 12
_OPEN_TO_OTHERS = 0o077


def make_master_key(path: Path) -> None:
    """Write a fresh key, for us alone to read. Raises `FileExistsError`: a key is never replaced."""
    write_once(path, base64.b64encode(secrets.token_bytes(KEY_OCTETS)) + b"\n")


def read_master_key(path: Path) -> bytes:
    """The key. Raises `Impossible` where the file is missing, open to others, or holds none."""
    try:
        if path.stat().st_mode & _OPEN_TO_OTHERS:
            raise Impossible(f"{path}: others may read the master key; chmod 600 it")
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (OSError, binascii.Error) as error:
        raise Impossible(f"{path}: no master key: {type(error).__name__}") from error
    if len(key) != KEY_OCTETS:
        raise Impossible(f"{path}: expected {KEY_OCTETS} octets in base64")
    return key


def wrap(master_key: bytes, secret: bytes, client_id: int, purpose: str = SEALING_KEY) -> bytes:
    """A private key, or another secret of a client's, as the database keeps it."""
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    return nonce + AESGCM(master_key).encrypt(nonce, secret, _bound(client_id, purpose))


def unwrap(master_key: bytes, wrapped: bytes, client_id: int, purpose: str = SEALING_KEY) -> bytes:
    """The secret. Raises `Impossible` for another master key, another client's secret, or one for another purpose."""
    try:
        return AESGCM(master_key).decrypt(wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:], _bound(client_id, purpose))
    except (InvalidTag, ValueError) as error:
        raise Impossible("the private key does not open under this master key") from error


def _bound(client_id: int, purpose: str) -> bytes:
    return f"{purpose} of client {client_id}".encode()
