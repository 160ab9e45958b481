"""The installation's audit key: what it signs."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ecluse.control.audit.models import Checkpoint
from ecluse.control.secret_file import made_once
from ecluse.domain.errors import Impossible


def signed_octets(checkpoint: Checkpoint) -> bytes:
    """What a checkpoint's signature covers."""
    at = checkpoint.at.isoformat(timespec="microseconds")
    return b"ecluse audit checkpoint\n" + f"{checkpoint.number}\n{at}\n".encode() + bytes(checkpoint.hash)


def audit_key(file: Path) -> Ed25519PrivateKey:
    """The key in this file, made at first use; nobody but its owner may read it. Raises `Impossible`, `OSError`."""
    try:
        key = load_pem_private_key(made_once(file, _fresh), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # Broken; with a password; of an unknown kind.
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Impossible(f"{file}: expected an Ed25519 key")
    return key


def _fresh() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
