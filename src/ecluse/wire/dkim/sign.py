"""Signing: DKIM-Signature fields with one key or several, and what ARC's sealing shares with it (RFC 6376 section 5)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ecluse.domain.errors import Impossible
from ecluse.wire.dkim.canonical import CRLF, Mode, relaxed_field
from ecluse.wire.dkim.hashes import BodyHashes, WantedHash
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.names import domain_in, selector_in
from ecluse.wire.dkim.tags import TagSyntax

SIGNED_BODY = WantedHash(Mode.RELAXED, "sha256")
LINE_OCTETS = 76  # RFC 5322 section 2.1.1 recommends 78 with room to spare.
_FOLD = CRLF + b"\t"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and the name under which its public half stands in the DNS."""

    domain: str  # Lower case, A-labels.
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """As in a=."""
        return "ed25519-sha256" if isinstance(self.private, Ed25519PrivateKey) else "rsa-sha256"

    def sign(self, hashed: bytes) -> bytes:
        """The signature over a SHA-256 hash, as b= has it: base64 (RFC 6376 section 3.3, RFC 8463 section 3)."""
        if isinstance(self.private, Ed25519PrivateKey):
            return base64.b64encode(self.private.sign(hashed))
        return base64.b64encode(self.private.sign(hashed, PKCS1v15(), Prehashed(SHA256())))


@dataclass(frozen=True, slots=True)
class Signing:
    """What is to be signed, and for how long."""

    names: tuple[bytes, ...]  # Fields to sign, lower case: each as often as it is there.
    signed_at: int  # Seconds since the epoch.
    oversigned: frozenset[bytes] = frozenset()  # Signed once more than they are there: nobody can add one.
    expires_after_s: int = 0  # 0 = never.


def load_key(domain: str, selector: str, pem: bytes) -> SigningKey:
    """A key from PEM: RSA (PKCS#1, PKCS#8) or Ed25519 (PKCS#8). Raises `Impossible`."""
    try:
        private = load_pem_private_key(pem, None)
        owner, label = domain_in(domain.encode(), "d"), selector_in(selector.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm, TagSyntax) as problem:
        raise Impossible(f"no key to sign with: {problem}") from None
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise Impossible("no key to sign with: neither RSA nor Ed25519")
    return SigningKey(owner, label, private)


def sign(header: SignedHeader, bodies: BodyHashes, keys: Sequence[SigningKey], signing: Signing) -> tuple[bytes, ...]:
    """One DKIM-Signature field for each key, whole with its line end; `bodies` holds `SIGNED_BODY`.

    Raises `Impossible` when the message has no From, or From is not to be signed (RFC 6376 section 5.4).
    """
    if b"from" not in signing.names or not header.count(b"from"):
        raise Impossible("a message without From cannot be signed")
    names = signed_names(header, signing)
    return tuple(_signed(header, bodies, key, names, signing) for key in keys)


def _signed(
    header: SignedHeader, bodies: BodyHashes, key: SigningKey, names: Sequence[bytes], signing: Signing
) -> bytes:
    tags = [(b"v", b"1"), *signature_tags(bodies, key, names, signing.signed_at)]
    if signing.expires_after_s:
        tags.insert(-2, (b"x", b"%d" % (signing.signed_at + signing.expires_after_s)))
    return sign_field(b"DKIM-Signature", tags, header.selected(names, Mode.RELAXED), key)


def signed_names(header: SignedHeader, signing: Signing) -> list[bytes]:
    """What h= lists: each name as often as its field is there, and once more where it is oversigned."""
    return [
        name for name in dict.fromkeys(signing.names) for _ in range(header.count(name) + (name in signing.oversigned))
    ]


def signature_tags(
    bodies: BodyHashes, key: SigningKey, names: Iterable[bytes], signed_at: int
) -> list[tuple[bytes, bytes]]:
    """The tags that DKIM and ARC signatures of a whole message share."""
    return [
        (b"a", key.algorithm.encode()),
        (b"c", b"relaxed/relaxed"),
        (b"d", key.domain.encode()),
        (b"s", key.selector.encode()),
        (b"t", b"%d" % signed_at),
        (b"h", b":".join(names)),
        (b"bh", base64.b64encode(bodies.digest(SIGNED_BODY) or b"")),
    ]


def sign_field(name: bytes, tags: Iterable[tuple[bytes, bytes]], signed: Iterable[bytes], key: SigningKey) -> bytes:
    """A whole signature field: `signed` are the canonical fields before it, relaxed, each with its line end."""
    unsigned = folded(name, [*tags, (b"b", b"")])
    hashed = hashlib.sha256(b"".join(signed) + relaxed_field(unsigned)).digest()
    return unsigned + _in_lines(key.sign(hashed)) + CRLF


def folded(name: bytes, tags: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A field of tags in lines of `LINE_OCTETS`, without its last line end; a list is folded at its colons."""
    line = name + b":"
    lines: list[bytes] = []
    for tag in b"; ".join(tag + b"=" + value for tag, value in tags).split(b" "):
        for part in _at_colons(tag):
            glue = b"" if part.startswith(b":") else b" "
            if len(line) + len(glue) + len(part) > LINE_OCTETS and line.strip():
                lines.append(line)
                line, glue = b"\t", b""
            line += glue + part
    return CRLF.join([*lines, line])


def _at_colons(tag: bytes) -> list[bytes]:
    """A tag that is longer than a line, cut before its colons."""
    if len(tag) <= LINE_OCTETS - 1:
        return [tag]
    first, *rest = tag.split(b":")
    return [first, *(b":" + part for part in rest)]


def _in_lines(value: bytes) -> bytes:
    """Base64 on lines of its own: white space within it means nothing."""
    width = LINE_OCTETS - 1
    return b"".join(_FOLD + value[at : at + width] for at in range(0, len(value), width))
