"""The content key of one message, wrapped to a client's public key: X25519, HKDF-SHA256, AES-256-GCM.

    seal = version (1) | key id (8) | ephemeral public key (32) | wrapped content key (32 + 16)

The key that wraps is derived from a secret of this one message and used once, so its nonce is zero. Whoever has sealed
cannot open: the ephemeral private key is gone with the call.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ecluse.domain.errors import Impossible

KEY_OCTETS = 32
KEY_ID_OCTETS = 8
_VERSION = b"\x01"
_INFO = b"ecluse sealed message 1 "
_NONCE = bytes(12)
_SEAL_OCTETS = len(_VERSION) + KEY_ID_OCTETS + 32 + KEY_OCTETS + 16


def key_id(public_key: bytes) -> bytes:
    """Which of a client's keys it is."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_OCTETS]


def sealed_key(public_key: bytes, message_id: str) -> tuple[bytes, bytes]:
    """A fresh content key for this message, and its seal. Raises `Impossible` for a key that is none."""
    ephemeral = X25519PrivateKey.generate()
    content_key = secrets.token_bytes(KEY_OCTETS)
    try:
        secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
    except ValueError as error:
        raise Impossible("the client's public key is damaged") from error
    ours = ephemeral.public_key().public_bytes_raw()
    wrapped = AESGCM(_wrapping_key(secret, ours, public_key)).encrypt(_NONCE, content_key, _bound(message_id))
    return content_key, _VERSION + key_id(public_key) + ours + wrapped


def key_id_of(seal: bytes) -> bytes:
    """Which key opens it. Raises `Impossible` for what is no seal, or one of a later release."""
    if len(seal) != _SEAL_OCTETS or not seal.startswith(_VERSION):
        raise Impossible("the seal is damaged, or another release made it")
    return seal[1 : 1 + KEY_ID_OCTETS]


def content_key_of(seal: bytes, private_key: bytes, message_id: str) -> bytes:
    """The content key. Raises `Impossible` where key, message or seal is another one."""
    key_id_of(seal)
    private = X25519PrivateKey.from_private_bytes(private_key)
    theirs, wrapped = seal[1 + KEY_ID_OCTETS :][:32], seal[1 + KEY_ID_OCTETS + 32 :]
    public = private.public_key().public_bytes_raw()
    try:
        secret = private.exchange(X25519PublicKey.from_public_bytes(theirs))
        return AESGCM(_wrapping_key(secret, theirs, public)).decrypt(_NONCE, wrapped, _bound(message_id))
    except (InvalidTag, ValueError) as error:
        raise Impossible("the seal does not open") from error


def _wrapping_key(secret: bytes, ephemeral: bytes, public_key: bytes) -> bytes:
    return HKDF(SHA256(), KEY_OCTETS, salt=ephemeral + public_key, info=_INFO).derive(secret)


def _bound(message_id: str) -> bytes:
    return message_id.encode()
