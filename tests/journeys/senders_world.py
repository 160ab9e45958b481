"""The domains of the authentication journeys: what they publish in the DNS, and the keys they sign with."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from dnslib import QTYPE, RCODE, RR, TXT, A, DNSRecord

from ecluse.domain.content import MemoryContent
from ecluse.wire.arc.chain import Validity
from ecluse.wire.arc.seal import Sealing, seal
from ecluse.wire.arc.sets import read_chain
from ecluse.wire.dkim.canonical import Mode
from ecluse.wire.dkim.hashes import WantedHash, hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, SigningKey, sign, sign_field
from ecluse.wire.mime.fields import split_head
from tests.contract.authoritative import Zone

BANK_IP, LIST_IP, ATTACKER_IP = "198.51.100.10", "198.51.100.20", "203.0.113.66"
SIGNED_AT = 1_790_000_000
SIGNED_NAMES = (b"from", b"to", b"subject", b"date")

BANK = SigningKey("bank.test", "k1", generate_private_key(65_537, 2_048))
BANK_ED25519 = SigningKey("bank.test", "e1", Ed25519PrivateKey.generate())
LIST = SigningKey("list.test", "k1", generate_private_key(65_537, 2_048))
ATTACKER = SigningKey("attack.test", "a1", generate_private_key(65_537, 2_048))

_LISTED = "9.113.0.203.bl.test"  # 203.0.113.9


class World(Zone):
    """bank.test publishes p=reject; whatever ends in attack.test passes SPF and holds the attacker's key."""

    def __init__(self) -> None:
        super().__init__(_zone_text(), "bank.test")
        self.fails_all = False
        self._attackers_key = _key_record(ATTACKER)

    def resolve(self, request: DNSRecord, handler):
        if self.fails_all:
            reply = request.reply()
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        return super().resolve(request, handler)

    def _fill(self, reply: DNSRecord, name: str, kind: str) -> None:
        if not name.endswith("attack.test"):
            super()._fill(reply, name, kind)
        elif kind == "A":
            reply.add_answer(RR(reply.q.qname, QTYPE.A, ttl=60, rdata=A(ATTACKER_IP)))
        elif kind == "TXT" and not name.startswith("_dmarc."):
            text = self._attackers_key if "_domainkey" in name else f"v=spf1 ip4:{ATTACKER_IP} -all"
            reply.add_answer(RR(reply.q.qname, QTYPE.TXT, ttl=60, rdata=TXT(_strings(text))))


def signed(message: bytes, *keys: SigningKey) -> bytes:
    """The message with a signature of each key on top, as our own signer makes it."""
    header, bodies = _read(message)
    return b"".join(sign(header, bodies, keys, Signing(SIGNED_NAMES, SIGNED_AT))) + message


def signed_as(
    message: bytes, key: SigningKey, names=SIGNED_NAMES, *, length: int | None = None, **tags: bytes
) -> bytes:
    """The message signed with tags of one's own choice, also such as no honest signer writes."""
    content = MemoryContent(message)
    section = split_head(content)
    wanted = WantedHash(Mode.RELAXED, "sha256", length)
    digest = hash_body(content, section.octets, {wanted}).digest(wanted)
    usual = {"v": b"1", "a": key.algorithm.encode(), "c": b"relaxed/relaxed", "d": key.domain.encode()}
    usual |= {"s": key.selector.encode(), "h": b":".join(names), "bh": base64.b64encode(digest)}
    if length is not None:
        usual["l"] = b"%d" % length
    chosen = [(name.encode(), value) for name, value in (usual | tags).items()]
    return sign_field(b"DKIM-Signature", chosen, SignedHeader(section).selected(names, Mode.RELAXED), key) + message


def sealed(message: bytes, key: SigningKey, results: bytes, cv: Validity = Validity.NONE) -> bytes:
    """The message with one more ARC set."""
    header, bodies = _read(message)
    sealing = Sealing(cv, b"mx." + key.domain.encode(), results, Signing(SIGNED_NAMES, SIGNED_AT))
    return b"".join(seal(header, bodies, read_chain(header.section), key, sealing)) + message


def _read(message: bytes):
    content = MemoryContent(message)
    section = split_head(content)
    return SignedHeader(section), hash_body(content, section.octets, {SIGNED_BODY})


def _key_record(key: SigningKey) -> str:
    encoding, form = serialization.Encoding, serialization.PublicFormat
    public = key.private.public_key()
    if isinstance(key.private, Ed25519PrivateKey):
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(public.public_bytes(encoding.Raw, form.Raw)).decode()}"
    data = public.public_bytes(encoding.DER, form.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(data).decode()}"


def _strings(text: str) -> list[str]:
    """A TXT record is made of strings of 255 octets."""
    return [text[at : at + 250] for at in range(0, len(text), 250)]


def _txt(name: str, text: str) -> str:
    return f"{name}. 60 IN TXT {' '.join(f'{chr(34)}{part}{chr(34)}' for part in _strings(text))}"


def _zone_text() -> str:
    records = [
        _txt("bank.test", f"v=spf1 ip4:{BANK_IP} -all"),
        _txt("_dmarc.bank.test", "v=DMARC1; p=reject; rua=mailto:dmarc@bank.test,mailto:bank@reports.test!10m"),
        _txt("bank.test._report._dmarc.reports.test", "v=DMARC1;"),
        _txt("list.test", f"v=spf1 ip4:{LIST_IP} -all"),
        _txt("_dmarc.list.test", "v=DMARC1; p=none"),
        _txt("mail.bank.test", f"v=spf1 ip4:{BANK_IP} -all"),
        f"mail.bank.test. 60 IN A {BANK_IP}",
        f"mail.list.test. 60 IN A {LIST_IP}",
        "10.100.51.198.in-addr.arpa. 60 IN PTR mail.bank.test.",
        "20.100.51.198.in-addr.arpa. 60 IN PTR mail.list.test.",
        f"{_LISTED}. 60 IN A 127.0.0.2",
        "2.0.0.127.bl.test. 60 IN A 127.0.0.2",
    ]
    keys = [_txt(f"{key.selector}._domainkey.{key.domain}", _key_record(key)) for key in (BANK, BANK_ED25519, LIST)]
    return "\n".join(records + keys) + "\n"
