"""Chains for tests: messages that went through hops of ours, and the short way to their validity."""

from __future__ import annotations

from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer
from ecluse.wire.arc.chain import ChainResult, Validity, validate
from ecluse.wire.arc.seal import Sealing, seal
from ecluse.wire.arc.sets import Chain, read_chain
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, SigningKey
from ecluse.wire.mime.fields import split_head
from tests.unit.wire.dkim.keys import answer, ed25519_record, rsa_key, rsa_record
from tests.unit.wire.dkim.mails import NAMES, NOT_THERE, NOW

ZONE = {
    **{f"r._domainkey.hop{number}.example": answer(rsa_record()) for number in range(1, 51)},
    "e._domainkey.hop2.example": answer(ed25519_record()),
}


def chain_of(message: bytes) -> Chain:
    return read_chain(split_head(MemoryContent(message)))


def validated(message: bytes, zone: dict[str, Answer] = ZONE, now: float = NOW) -> ChainResult:
    content = MemoryContent(message)
    section = split_head(content)
    chain = read_chain(section)
    bodies = hash_body(content, section.octets, chain.wanted)
    answers = {name: zone.get(name, NOT_THERE) for name in chain.key_names}
    return validate(chain, SignedHeader(section), bodies, answers, now)


def fields(message: bytes, key: SigningKey, cv: Validity, **sealing) -> tuple[bytes, ...]:
    content = MemoryContent(message)
    section = split_head(content)
    order = Sealing(
        **{"authserv_id": b"mx.hop.example", "results": b"spf=pass; dkim=none", **sealing, "cv": cv},
        signing=Signing(NAMES, NOW),
    )
    return seal(
        SignedHeader(section), hash_body(content, section.octets, {SIGNED_BODY}), read_chain(section), key, order
    )


def hopped(message: bytes, hops: int, key: SigningKey | None = None) -> bytes:
    """The message after so many more hops that change nothing."""
    for _ in range(hops):
        cv = validated(message).cv
        number = chain_of(message).highest + 1
        message = b"".join(fields(message, key or rsa_key(f"hop{number}.example"), cv)) + message
    return message
