"""A private key on its way to the nodes: AES-256-SIV under the node key, bound to its name in the DNS (RFC 5297).

SIV needs no nonce, so that a key published again is the same octets and no change.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ecluse.domain.errors import Impossible
from ecluse.domain.signing import SealedKey
from ecluse.wire.dkim.sign import SigningKey, load_key

NODE_KEY_OCTETS = 64
_INFO = b"ecluse node key for signing keys 1"


def node_key_from(master_key: bytes) -> bytes:
    """What nodes may know of the master key: nothing that was sealed to a client opens under it."""
    return HKDF(SHA256(), NODE_KEY_OCTETS, salt=None, info=_INFO).derive(master_key)


def seal_key(node_key: bytes, domain: str, selector: str, pem: bytes) -> SealedKey:
    """Raises `ValueError` for a node key that is none."""
    return SealedKey(selector, AESSIV(node_key).encrypt(pem, _bound(domain, selector)))


def open_key(node_key: bytes, domain: str, sealed: SealedKey) -> SigningKey:
    """Raises `Impossible` where it was sealed under another node key, or for another name, or is none."""
    try:
        pem = AESSIV(node_key).decrypt(sealed.sealed, _bound(domain, sealed.selector))
    except (InvalidTag, ValueError) as error:
        raise Impossible("the signing key does not open under this node's key") from error
    return load_key(domain, sealed.selector, pem)


def _bound(domain: str, selector: str) -> list[bytes]:
    return [domain.encode(), selector.encode()]
