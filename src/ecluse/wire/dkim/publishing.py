"""Keys of our own for the DNS: making them, the record to publish, and whether it is there (RFC 6376 section 3.6.1)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ecluse.domain.dns import Answer
from ecluse.wire.dkim.key import KeyTrouble, keys_in, read_key
from ecluse.wire.dkim.result import Result
from ecluse.wire.dkim.sign import SigningKey

RSA_BITS = 2_048  # RFC 8301 section 3.2; a longer one does not fit into what many name servers take.
MAX_STRING_OCTETS = 255  # Of one string of a TXT record (RFC 1035 section 3.3).


class Standing(StrEnum):
    """What the DNS says of a key."""

    PUBLISHED = "published"
    MISSING = "missing"  # No record.
    OTHER = "other"  # A record, but of another key, or none that can be used.
    UNKNOWN = "unknown"  # No answer now.


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The TXT record of one key."""

    name: str
    text: str

    @property
    def zone_line(self) -> str:
        """As a zone file has it: ready to be pasted."""
        places = range(0, len(self.text), MAX_STRING_OCTETS)
        parts = [f'"{self.text[at : at + MAX_STRING_OCTETS]}"' for at in places]
        return f"{self.name}. IN TXT {' '.join(parts)}"


# In the order in which their signatures stand: verifiers that know no Ed25519 look at RSA (RFC 8463 section 3).
MAKERS: dict[str, Callable[[], RSAPrivateKey | Ed25519PrivateKey]] = {
    "rsa": lambda: generate_private_key(65_537, RSA_BITS),
    "ed25519": Ed25519PrivateKey.generate,
}


def make_key(kind: str) -> bytes:
    """A fresh private key, "rsa" or "ed25519", as PEM (PKCS#8)."""
    return MAKERS[kind]().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def record_of(key: SigningKey) -> KeyRecord:
    """What has to stand in the DNS before anything is signed with the key."""
    public = key.private.public_key()
    if isinstance(key.private, Ed25519PrivateKey):
        octets, kind = public.public_bytes(Encoding.Raw, PublicFormat.Raw), "ed25519"
    else:
        octets, kind = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), "rsa"
    text = f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode('ascii')}"
    return KeyRecord(f"{key.selector}._domainkey.{key.domain}", text)


def standing_of(key: SigningKey, answer: Answer) -> Standing:
    """Whether verifiers will find the key; `answer` is that for TXT at its record's name."""
    return standing_of_text(record_of(key).text, answer)


def standing_of_text(text: str, answer: Answer) -> Standing:
    """The same for the text that `record_of` gave."""
    ours = read_key(text.encode())
    try:
        found = keys_in(answer, ours.kind, "sha256")
    except KeyTrouble as trouble:
        if trouble.result is Result.TEMPERROR:
            return Standing.UNKNOWN
        return Standing.OTHER if answer.octets else Standing.MISSING
    return Standing.PUBLISHED if any(one.is_same_key(ours) for one in found) else Standing.OTHER
