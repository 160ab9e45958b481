"""Public keys in the DNS: their records, and the bounds that hold before any arithmetic (RFC 6376 section 3.6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from ecluse.domain.dns import Answer
from ecluse.domain.errors import EcluseError
from ecluse.wire.dkim.der import BadDer, rsa_numbers
from ecluse.wire.dkim.result import Result
from ecluse.wire.dkim.tags import TagSyntax, compact, listed, octets, parse_tags

MIN_RSA_BITS = 1_024  # RFC 8301 section 3.2.
MAX_RSA_BITS = 4_096
MAX_EXPONENT = 2**32
MAX_RECORD_OCTETS = 8_192
MAX_RECORDS = 4  # Looked at, where RFC 6376 section 3.6.2.2 foresees one.
MAX_KEYS = 2  # Of those, that fit and are tried: an old and a new one, or 50 ARC hops cost what 200 should.
_MAX_CACHED_OCTETS = 1_024  # A thousand such keys are kept ready: a few senders sign most mail.
_ED25519_OCTETS = 32
_PADDING = PKCS1v15()
_PREHASHED = {"sha256": Prehashed(SHA256()), "sha1": Prehashed(SHA1())}  # noqa: S303 - old mail only, and only on request.


class KeyTrouble(EcluseError):
    """There is no key to verify with."""

    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key, and what its owner wants it used for."""

    kind: str  # "rsa", "ed25519"
    bits: int
    digests: frozenset[str]  # h=; empty = any.
    is_test: bool  # t=y
    is_strict: bool  # t=s: i= must have the very domain of d=.
    _key: RSAPublicKey | Ed25519PublicKey

    def has_signed(self, signature: bytes, hashed: bytes, digest: str) -> bool:
        """Whether this key made the signature over a hash (Ed25519 signs the hash: RFC 8463 section 3)."""
        try:
            if isinstance(self._key, Ed25519PublicKey):
                self._key.verify(signature, hashed)
            else:
                self._key.verify(signature, hashed, _PADDING, _PREHASHED[digest])
        except (InvalidSignature, ValueError):
            return False
        return True

    def is_same_key(self, other: PublicKey) -> bool:
        """Whether both verify the same signatures, whatever else their records say."""
        return self._key == other._key


def keys_in(answer: Answer, kind: str, digest: str) -> tuple[PublicKey, ...]:
    """The keys of a TXT answer that fit an algorithm: at most `MAX_KEYS`, of the first `MAX_RECORDS` records.

    Raises `KeyTrouble` when there is none, with what is wrong with the last record.
    """
    if answer.is_temporary:
        raise KeyTrouble(Result.TEMPERROR, f"no answer about the key ({answer.status})")
    trouble = KeyTrouble(Result.PERMERROR, "no key")
    keys: list[PublicKey] = []
    for record in answer.octets[:MAX_RECORDS]:
        try:
            keys.append(_fitting(read_key(record), kind, digest))
        except KeyTrouble as problem:
            trouble = problem
    if not keys:
        raise trouble
    return tuple(keys[:MAX_KEYS])


def _fitting(key: PublicKey, kind: str, digest: str) -> PublicKey:
    if key.kind != kind:
        raise KeyTrouble(Result.PERMERROR, f"the key is for {key.kind}")
    if key.digests and digest not in key.digests:
        raise KeyTrouble(Result.PERMERROR, f"the key is not for {digest}")
    return key


def read_key(record: bytes) -> PublicKey:
    """The key of one record. Raises `KeyTrouble`; nothing is computed with a key that is out of bounds."""
    if len(record) > MAX_RECORD_OCTETS:
        raise KeyTrouble(Result.POLICY, f"the key record has more than {MAX_RECORD_OCTETS} octets")
    try:
        return _key_of_record(record) if len(record) <= _MAX_CACHED_OCTETS else _key_of(parse_tags(record))
    except TagSyntax as problem:
        raise KeyTrouble(Result.PERMERROR, f"key record: {problem}") from None


@lru_cache(1_024)
def _key_of_record(record: bytes) -> PublicKey:
    return _key_of(parse_tags(record))


def _key_of(tags: dict[bytes, bytes]) -> PublicKey:
    # The version may be left out, but it must be the first tag where it stands (section 3.6.1).
    if tags.get(b"v", b"DKIM1") != b"DKIM1" or (b"v" in tags and next(iter(tags)) != b"v"):
        raise KeyTrouble(Result.PERMERROR, "key record of another version")
    if not {b"*", b"email"} & set(listed(tags.get(b"s", b"*"))):
        raise KeyTrouble(Result.PERMERROR, "the key is not for e-mail")
    if b"p" not in tags:
        raise KeyTrouble(Result.PERMERROR, "key record without p=")
    if not tags[b"p"]:
        raise KeyTrouble(Result.PERMERROR, "key revoked")
    kind = tags.get(b"k", b"rsa").decode("latin-1")
    if kind not in _READERS:
        raise KeyTrouble(Result.PERMERROR, "key of an unknown kind")
    key, bits = _READERS[kind](octets(tags[b"p"], "p"))
    flags = listed(tags.get(b"t", b""))
    digests = frozenset(name.decode("latin-1") for name in listed(compact(tags.get(b"h", b""))))
    return PublicKey(kind, bits, digests, b"y" in flags, b"s" in flags, key)


def _rsa(data: bytes) -> tuple[RSAPublicKey, int]:
    try:
        modulus, exponent = rsa_numbers(data)
    except BadDer:
        raise KeyTrouble(Result.PERMERROR, "p= is no RSA key") from None
    bits = modulus.bit_length()
    if bits < MIN_RSA_BITS:
        raise KeyTrouble(Result.POLICY, f"RSA key of {bits} bits: too short (RFC 8301)")
    if bits > MAX_RSA_BITS or exponent > MAX_EXPONENT:
        raise KeyTrouble(Result.POLICY, f"RSA key of {bits} bits: beyond our limits")
    try:
        return RSAPublicNumbers(exponent, modulus).public_key(), bits
    except ValueError:
        raise KeyTrouble(Result.PERMERROR, "p= is no RSA key") from None


def _ed25519(data: bytes) -> tuple[Ed25519PublicKey, int]:
    if len(data) != _ED25519_OCTETS:
        raise KeyTrouble(Result.PERMERROR, "p= is no Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(data), 8 * _ED25519_OCTETS


_READERS: dict[str, Callable[[bytes], tuple[RSAPublicKey | Ed25519PublicKey, int]]] = {"rsa": _rsa, "ed25519": _ed25519}
