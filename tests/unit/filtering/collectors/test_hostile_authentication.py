"""What an attacker can make the authentication of one message cost: CPU, look-ups and time, all of it bounded."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import replace
from functools import cache, partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.filtering.collect import Sources, Subject
from ecluse.filtering.collectors.authentication import authentication
from ecluse.filtering.message_resolver import MAX_QUERIES, MessageResolver
from ecluse.wire.arc.chain import Validity
from ecluse.wire.arc.seal import Sealing, seal
from ecluse.wire.arc.sets import read_chain
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, SigningKey, sign
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import MESSAGE, incoming
from tests.unit.wire.zone import Zone

MAX_CPU_MS = 50.0  # Issue 3, "Must hold".
SIGNING = Signing((b"from", b"to", b"subject", b"date"), 1_756_720_000)
KEY_NAME = "k1._domainkey.sender.example"
CACHED, ASKED = True, False


class World(Zone):
    """The port `Resolver`."""

    def __init__(self) -> None:
        super().__init__()
        self.add("sender.example", "TXT", b"v=spf1 ip4:192.0.2.10 -all")
        self.add("_dmarc.sender.example", "TXT", b"v=DMARC1; p=reject")
        self.add(KEY_NAME, "TXT", _record(_key().private.public_key()))

    async def ask(self, name: str, kind: str) -> Answer:
        return await self.lookup(name, kind)

    def known(self, name: str, kind: str) -> Answer | None:
        return None


@cache
def _key() -> SigningKey:
    return SigningKey("sender.example", "k1", generate_private_key(65_537, 4_096))


def _record(public) -> bytes:
    return b"v=DKIM1; p=" + base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _signature(message: bytes) -> bytes:
    content = MemoryContent(message)
    section = split_head(content)
    bodies = hash_body(content, section.octets, {SIGNED_BODY})
    return sign(SignedHeader(section), bodies, [_key()], SIGNING)[0]


async def _authenticated(message: bytes, world: World, *, sender: Address | None = None):
    """The facts, and the CPU that they took: the best of a few, in milliseconds; a shared core makes some dearer."""
    facts, best, tries = None, float("inf"), 0
    while tries < 3 or (best >= MAX_CPU_MS and tries < 12):
        tries += 1
        arrived = incoming(message)
        if sender is not None:
            arrived = replace(arrived, envelope=replace(arrived.envelope, sender=sender))
        world.asked.clear()
        began = time.process_time()
        facts = await authentication(Subject(arrived, (), Sources(None, None, "gateway.test", world)))
        best = min(best, (time.process_time() - began) * 1_000)
    assert len(world.asked) <= MAX_QUERIES
    return facts, best


async def test_a_key_of_16_384_bits_is_refused_before_any_arithmetic():
    world = World()
    giant = RSAPublicNumbers(65_537, (1 << 16_383) | 1).public_key()
    world.add(KEY_NAME, "TXT", _record(giant))
    facts, cpu_ms = await _authenticated(_signature(MESSAGE) + MESSAGE, world)
    assert (facts.signatures[0].result, facts.signatures[0].reason) == (
        "policy",
        "RSA key of 16384 bits: beyond our limits",
    )
    assert cpu_ms < MAX_CPU_MS


async def test_a_hundred_signatures_are_read_up_to_the_limit():
    """The key is the largest that is taken, and each signature is a good one."""
    facts, cpu_ms = await _authenticated(_signature(MESSAGE) * 100 + MESSAGE, World())
    assert [one.result for one in facts.signatures].count("pass") == 5
    assert cpu_ms < MAX_CPU_MS


@cache
def _chain_of_fifty() -> bytes:
    """Fifty good hops with 4,096 bits each, as nobody but an attacker would send it."""
    message = MESSAGE
    for hop in range(50):
        message = _sealed(message, hop, _key())
    return message


def _sealed(message: bytes, hop: int, key: SigningKey) -> bytes:
    content = MemoryContent(message)
    section = split_head(content)
    bodies = hash_body(content, section.octets, {SIGNED_BODY})
    sealing = Sealing(Validity.PASS if hop else Validity.NONE, b"mx.sender.example", b"dkim=pass", SIGNING)
    return b"".join(seal(SignedHeader(section), bodies, read_chain(section), key, sealing)) + message


@cache
def _chain_of_a_hundred_keys() -> bytes:
    """Fifty hops, and each field of each names a key of its own."""
    message, key = MESSAGE, Ed25519PrivateKey.generate()
    for hop in range(50):
        sealed = _sealed(message, hop, SigningKey("many.example", f"seal{hop}", key))
        message = sealed.replace(b"s=seal%d;" % hop, b"s=message%d;" % hop, 1)
    return message


@pytest.mark.parametrize("is_cached", [CACHED, ASKED], ids=["cached", "asked"])
async def test_a_chain_of_a_hundred_keys_leaves_the_other_methods_their_questions(is_cached):
    """Nobody whom the author's domain does not know gets out of its p=reject by asking too much."""

    class Many(World):
        def known(self, name: str, kind: str) -> Answer | None:
            is_key = name.endswith("._domainkey.many.example")
            return Answer(DnsStatus.OK, (b"v=DKIM1; k=ed25519; p=",), 60) if is_cached and is_key else None

    message = _chain_of_a_hundred_keys()
    assert len(read_chain(split_head(MemoryContent(message))).key_names) == 100
    world = Many()
    arrived = incoming(message)
    arrived = replace(arrived, peer=replace(arrived.peer, ip="203.0.113.9"))
    facts = await authentication(Subject(arrived, (), Sources(None, None, "gateway.test", world)))
    assert (facts.spf.result, facts.dmarc.result, facts.dmarc.policy) == ("fail", "fail", "reject")
    assert facts.arc.result == "fail"


async def test_a_chain_of_fifty_hops():
    facts, cpu_ms = await _authenticated(_chain_of_fifty(), World())
    assert (facts.arc.result, len(facts.arc.sealers)) == ("pass", 50)
    assert cpu_ms < MAX_CPU_MS


async def test_ten_includes_that_never_answer():
    """Each answer takes a while to fail; the first failure ends the check (RFC 7208 section 5.2)."""
    world = World()
    includes = b" ".join(b"include:silent%d.example" % number for number in range(10))
    world.add("sender.example", "TXT", b"v=spf1 " + includes + b" -all")
    for number in range(10):
        world.fail(f"silent{number}.example", "TXT", DnsStatus.TIMEOUT)
    facts, cpu_ms = await _authenticated(MESSAGE, world)
    assert facts.spf.result == "temperror"
    assert facts.dmarc.result == "temperror"
    assert cpu_ms < MAX_CPU_MS


async def test_ten_includes_that_never_answer_end_with_the_messages_time(monkeypatch):
    """The resolver itself never comes back; the message's own deadline does."""

    class Silent(World):
        async def ask(self, name: str, kind: str) -> Answer:
            if name.startswith("silent"):
                await asyncio.sleep(60)
            return await self.lookup(name, kind)

    monkeypatch.setattr("ecluse.filtering.collect.MessageResolver", partial(MessageResolver, deadline_s=0.2))
    world = Silent()
    includes = b" ".join(b"include:silent%d.example" % number for number in range(10))
    world.add("sender.example", "TXT", b"v=spf1 " + includes + b" -all")
    began = time.monotonic()
    facts = await authentication(Subject(incoming(MESSAGE), (), Sources(None, None, "gateway.test", world)))
    assert facts.spf.result == "temperror"
    assert time.monotonic() - began < 30  # Half of what one silent name would take.


@pytest.mark.parametrize(
    "author",
    [
        b"x" * 4_984 + b"@sender.example",
        b"(" * 5_000,
        b'"' * 5_000,
        b"<" * 5_000,
        b"a@sender.example," * 294,
        b"=?utf-8?q?a?= " * 357,
        b"a." * 2_500 + b"@" + b"a." * 2_500,
        b"\\" * 5_000,
        b"\xf0" * 5_000,
    ],
    ids=lambda author: author[:3].decode("latin-1"),
)
async def test_a_from_of_5_000_characters(author):
    facts, cpu_ms = await _authenticated(MESSAGE.replace(b"Sam <sam@sender.example>", author), World())
    assert facts.dmarc.result in {"permerror", "pass"}
    assert cpu_ms < MAX_CPU_MS


async def test_ten_terms_of_ten_exchanges_end_with_the_messages_budget():
    world = World()
    for term in range(10):
        world.add(f"t{term}.example", "MX", *(Mx(10, f"mx{number}.t{term}.example") for number in range(10)))
        for number in range(10):
            world.add(f"mx{number}.t{term}.example", "A", "198.51.100.1")
    world.add("wide.example", "TXT", b"v=spf1 " + b" ".join(b"mx:t%d.example" % one for one in range(10)) + b" -all")
    facts, cpu_ms = await _authenticated(MESSAGE, world, sender=Address("a", "wide.example"))
    assert (facts.spf.result, facts.spf.reason.rpartition(" ")[2]) == ("temperror", "budget")
    assert cpu_ms < MAX_CPU_MS
