"""Messages for tests, and the short way from their octets to the results of their signatures."""

from __future__ import annotations

from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.result import SignatureResult
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, sign
from ecluse.wire.dkim.signature import Signature, find_signatures
from ecluse.wire.dkim.verify import verify
from ecluse.wire.mime.fields import split_head
from tests.unit.wire.dkim.keys import answer, ed25519_record, rsa_record

NOW = 1_700_000_000
MESSAGE = (
    b"From: Ann <ann@signer.example>\r\n"
    b"To: bob@reader.example\r\n"
    b"Subject: A  folded\r\n\tsubject\r\n"
    b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
    b"\r\n"
    b"Dear Bob,  \r\n\r\n\tthis is   it.\r\n\r\n\r\n"
)
NAMES = (b"from", b"to", b"subject", b"date")
ZONE = {
    "r._domainkey.signer.example": answer(rsa_record()),
    "e._domainkey.signer.example": answer(ed25519_record()),
}
NOT_THERE = Answer(DnsStatus.NXDOMAIN)


def signed(message: bytes, *keys, **signing) -> bytes:
    """The message with one signature of each key on top."""
    content = MemoryContent(message)
    section = split_head(content)
    bodies = hash_body(content, section.octets, {SIGNED_BODY})
    order = Signing(**{"names": NAMES, "signed_at": NOW, **signing})
    return b"".join(sign(SignedHeader(section), bodies, keys, order)) + message


def verified(message: bytes, zone: dict[str, Answer] = ZONE, now: float = NOW, **options) -> list[SignatureResult]:
    """The results of all signatures, from the top."""
    content = MemoryContent(message)
    section = split_head(content)
    header = SignedHeader(section)
    found = find_signatures(section)
    bodies = hash_body(content, section.octets, {one.body for one in found if isinstance(one, Signature)})
    return [
        verify(one, header, bodies, zone.get(one.key_name, NOT_THERE), now, **options)
        if isinstance(one, Signature)
        else one
        for one in found
    ]


def outcomes(message: bytes, *args, **options) -> list[tuple[str, str]]:
    return [(str(one.result), one.reason) for one in verified(message, *args, **options)]
