"""The two numbers of an RSA public key in DER, read without computing with them (RFC 8017 appendix A.1.1, RFC 5280)."""

from __future__ import annotations

from ecluse.domain.errors import EcluseError

_INTEGER, _BIT_STRING, _SEQUENCE = 0x02, 0x03, 0x30
_RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")  # AlgorithmIdentifier of rsaEncryption.
_LENGTH_OCTETS = 2  # Enough for 65,535 octets: no key that we take is longer.


class BadDer(EcluseError):
    """The octets are no RSA public key."""


def rsa_numbers(data: bytes) -> tuple[int, int]:
    """Modulus and exponent of a SubjectPublicKeyInfo, or of a bare RSAPublicKey as RFC 6376 has it.

    Raises `BadDer`, also for octets that are left over.
    """
    inner = _all_of(data, _SEQUENCE)
    if inner.startswith(_RSA_ENCRYPTION):
        bits = _all_of(inner[len(_RSA_ENCRYPTION) :], _BIT_STRING)
        inner = _all_of(bits[1:], _SEQUENCE)  # The first octet counts the unused bits.
    modulus, rest = _first_of(inner, _INTEGER)
    return int.from_bytes(modulus, "big"), int.from_bytes(_all_of(rest, _INTEGER), "big")


def _all_of(data: bytes, tag: int) -> bytes:
    value, rest = _first_of(data, tag)
    if rest:
        raise BadDer
    return value


def _first_of(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The value of the element at the start, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise BadDer
    start, size = 2, data[1]
    if size >= 0x80:
        count = size - 0x80
        if not 0 < count <= _LENGTH_OCTETS:
            raise BadDer
        start += count
        size = int.from_bytes(data[2:start], "big")
    if start + size > len(data) or not size:
        raise BadDer
    return data[start : start + size], data[start + size :]
