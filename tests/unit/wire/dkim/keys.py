"""Keys for tests, made once a run, and the records that publish them."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.dkim.sign import SigningKey, load_key


@cache
def rsa_private(bits: int = 2_048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, bits)


@cache
def ed25519_private() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def pem(private) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def spki(private: rsa.RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def rsa_record(extra: str = "", private: rsa.RSAPrivateKey | None = None) -> bytes:
    return f"v=DKIM1; k=rsa; {extra}p=".encode() + base64.b64encode(spki(private or rsa_private()))


def ed25519_record() -> bytes:
    public = ed25519_private().public_key().public_bytes_raw()
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)


def rsa_key(domain: str = "signer.example", selector: str = "r") -> SigningKey:
    return load_key(domain, selector, pem(rsa_private()))


def ed25519_key(domain: str = "signer.example", selector: str = "e") -> SigningKey:
    return load_key(domain, selector, pem(ed25519_private()))


def answer(*records: bytes) -> Answer:
    return Answer(DnsStatus.OK, records)


def integer(value: int) -> bytes:
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def element(tag: int, value: bytes) -> bytes:
    """DER with a length that may be of any size."""
    if len(value) < 0x80:
        return bytes([tag, len(value)]) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(size)]) + size + value


def pkcs1(modulus: int, exponent: int = 65_537) -> bytes:
    """A bare RSAPublicKey of any numbers."""
    return element(0x30, integer(modulus) + integer(exponent))
