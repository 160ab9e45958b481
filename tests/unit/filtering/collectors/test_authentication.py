"""SPF, DKIM, ARC and DMARC of whole messages, with keys made here and a DNS of the test."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.evidence import NOT_ASKED
from ecluse.filtering.changes.authentication_results import authentication_results
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.collect import Sources, Subject, collect
from ecluse.filtering.collectors.authentication import ON_THE_SPOT_OCTETS, authentication
from ecluse.filtering.inbound import COLLECTORS
from ecluse.wire.dkim.canonical import Mode
from ecluse.wire.dkim.hashes import WantedHash, hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, load_key, sign, sign_field
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import MESSAGE, incoming
from tests.unit.wire.zone import Zone

KEY = Ed25519PrivateKey.generate()
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
BODY = MESSAGE.partition(b"\r\n\r\n")[2]
ONLY_AUTHENTICATION = tuple(one for one in COLLECTORS if one.name == "authentication")


class ZoneResolver(Zone):
    """The port `Resolver` over the zone."""

    async def ask(self, name: str, kind: str) -> Answer:
        return await self.lookup(name, kind)

    def known(self, name: str, kind: str) -> Answer | None:
        return None


def genuine() -> ZoneResolver:
    """What the domain of the sample messages publishes: its server, its key, and that all else is forged."""
    zone = ZoneResolver()
    zone.add("sender.example", "TXT", b"v=spf1 ip4:192.0.2.10 -all")
    zone.add("k1._domainkey.sender.example", "TXT", b"v=DKIM1; k=ed25519; p=" + PUBLIC)
    zone.add("_dmarc.sender.example", "TXT", b"v=DMARC1; p=reject")
    return zone


def signed(message: bytes) -> bytes:
    content = MemoryContent(message)
    section = split_head(content)
    bodies = hash_body(content, section.octets, {SIGNED_BODY})
    key = load_key("sender.example", "k1", PEM)
    (field,) = sign(SignedHeader(section), bodies, [key], Signing((b"from", b"to", b"subject", b"date"), 1_756_720_000))
    return field + message


def signed_up_to(message: bytes, length: int) -> bytes:
    """With l=, which our own signer never writes."""
    content = MemoryContent(message)
    section = split_head(content)
    wanted = WantedHash(Mode.RELAXED, "sha256", length)
    digest = hash_body(content, section.octets, {wanted}).digest(wanted)
    tags = {"v": b"1", "a": b"ed25519-sha256", "c": b"relaxed/relaxed", "d": b"sender.example", "s": b"k1"}
    tags |= {"h": b"from:to:subject:date", "l": b"%d" % length, "bh": base64.b64encode(digest)}
    fields = SignedHeader(section).selected((b"from", b"to", b"subject", b"date"), Mode.RELAXED)
    chosen = [(name.encode(), value) for name, value in tags.items()]
    return sign_field(b"DKIM-Signature", chosen, fields, load_key("sender.example", "k1", PEM)) + message


async def authenticated(message, resolver, **envelope):
    arrived = incoming(message)
    arrived = replace(arrived, envelope=replace(arrived.envelope, **envelope))
    subject = Subject(arrived, (), Sources(None, None, "gateway.test", resolver))
    failures = []
    evidence = await collect(subject, ONLY_AUTHENTICATION, lambda *failure: failures.append(failure))
    assert not failures
    return evidence


async def test_genuine_mail_passes_everything():
    facts = (await authenticated(signed(MESSAGE), genuine())).authentication
    assert (facts.spf.result, facts.dmarc.result, facts.dmarc.policy) == ("pass", "pass", "reject")
    assert (facts.spf_domain, facts.dkim_domains) == ("sender.example", ("sender.example",))
    assert facts.is_aligned


async def test_the_field_for_the_client_says_so():
    message = signed(MESSAGE)
    evidence = await authenticated(message, genuine())
    field = authentication_results(Departure(incoming(message), evidence, "gateway.test")).decode()
    text = " ".join(field.split())
    assert text.startswith("Authentication-Results: gateway.test;")
    assert "spf=pass" in text
    assert "dkim=pass" in text
    assert "header.d=sender.example" in text
    assert "dmarc=pass" in text


async def test_a_changed_body_breaks_the_signature_and_spf_still_carries_the_author():
    facts = (await authenticated(signed(MESSAGE) + b"added\r\n", genuine())).authentication
    assert facts.dkim_domains == ()
    assert facts.signatures[0].result == "fail"
    assert facts.dmarc.result == "pass"


async def test_a_signature_that_leaves_the_end_of_the_body_open_speaks_for_nobody():
    """What l= does not cover may be anybody's; SPF alone would carry the author, so it is taken away."""
    zone = genuine()
    zone.add("sender.example", "TXT", b"v=spf1 -all")
    message = signed_up_to(MESSAGE, len(BODY)) + b"added\r\n"
    facts = (await authenticated(message, zone)).authentication
    assert (facts.signatures[0].result, facts.signatures[0].has_unsigned_body) == ("policy", True)
    assert (facts.dkim_domains, facts.dmarc.result) == ((), "fail")


async def test_a_signature_whose_length_is_the_whole_body_is_as_good_as_any():
    message = signed_up_to(MESSAGE, len(BODY))
    facts = (await authenticated(message, genuine())).authentication
    assert facts.dkim_domains == ("sender.example",)


@pytest.mark.parametrize("name", ["Subject", "To", "Date"])
async def test_a_field_that_stands_there_twice_and_is_signed_once_spoils_the_signature(name):
    zone = genuine()
    zone.add("sender.example", "TXT", b"v=spf1 -all")
    facts = (await authenticated(name.encode() + b": other\r\n" + signed(MESSAGE), zone)).authentication
    assert (facts.signatures[0].result, facts.dmarc.result) == ("policy", "fail")


async def test_a_field_that_was_added_and_never_signed_does_no_harm():
    facts = (await authenticated(b"Reply-To: list@list.example\r\n" + signed(MESSAGE), genuine())).authentication
    assert facts.dkim_domains == ("sender.example",)


async def test_a_bounce_stands_for_the_postmaster_of_the_greeting():
    zone = genuine()
    zone.add("mail.sender.example", "TXT", b"v=spf1 ip4:192.0.2.10 -all")
    facts = (await authenticated(MESSAGE, zone, sender=None)).authentication
    assert (facts.spf.identity, facts.spf.result, facts.dmarc.result) == ("helo", "pass", "pass")


async def test_a_forged_author_fails():
    zone = genuine()
    zone.add("sender.example", "TXT", b"v=spf1 -all")
    facts = (await authenticated(MESSAGE, zone)).authentication
    assert (facts.spf.result, facts.dmarc.result, facts.is_aligned) == ("fail", "fail", False)


async def test_two_from_fields_never_pass():
    message = signed(b"From: bank@bank.example\r\n" + MESSAGE)
    facts = (await authenticated(message, genuine())).authentication
    assert facts.dmarc.result == "permerror"
    assert not facts.is_aligned


@pytest.mark.parametrize("status", [DnsStatus.TIMEOUT, DnsStatus.SERVFAIL, DnsStatus.BUDGET])
async def test_a_dns_that_does_not_answer_is_a_temporary_error_never_a_pass(status):
    zone = ZoneResolver()
    for name in ("sender.example", "k1._domainkey.sender.example", "_dmarc.sender.example"):
        zone.fail(name, "TXT", status)
    facts = (await authenticated(signed(MESSAGE), zone)).authentication
    assert facts.spf.result == "temperror"
    assert facts.signatures[0].result == "temperror"
    assert facts.dmarc.result == "temperror"
    assert not facts.is_aligned


async def test_where_every_name_is_known_no_task_is_made_and_the_facts_are_the_same(monkeypatch):
    class Known(ZoneResolver):
        def known(self, name: str, kind: str) -> Answer | None:
            return self.answers.get((name, kind), Answer(DnsStatus.NXDOMAIN))

    asked, known = genuine(), Known()
    known.answers = asked.answers
    expected = (await authenticated(signed(MESSAGE), asked)).authentication
    subject = Subject(incoming(signed(MESSAGE)), (), Sources(None, None, "gateway.test", known))
    monkeypatch.setattr(asyncio, "create_task", None)
    assert await authentication(subject) == expected
    assert expected.dkim_domains == ("sender.example",)
    assert not known.asked


async def test_names_that_nobody_has_asked_for_yet_are_waited_for_side_by_side():
    class Slow(ZoneResolver):
        waiting = most = 0

        async def ask(self, name: str, kind: str) -> Answer:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            await asyncio.sleep(0.05)
            self.waiting -= 1
            return await super().ask(name, kind)

    zone = Slow()
    zone.answers = genuine().answers
    includes = b" ".join(b"include:s%d.example" % number for number in range(8))
    zone.add("sender.example", "TXT", b"v=spf1 " + includes + b" ip4:192.0.2.10 -all")
    for number in range(8):
        zone.add(f"s{number}.example", "TXT", b"v=spf1 ip4:198.51.100.1 -all")
    facts = (await authenticated(signed(MESSAGE), zone)).authentication
    assert (facts.spf.result, facts.dkim_domains, facts.dmarc.result) == ("pass", ("sender.example",), "pass")
    assert zone.most >= 8
    assert max(Counter(zone.asked).values()) == 1


async def test_a_large_body_is_hashed_beside_the_loop_with_the_same_result():
    message = signed(MESSAGE + b"x" * ON_THE_SPOT_OCTETS + b"\r\n")
    facts = (await authenticated(message, genuine())).authentication
    assert facts.dkim_domains == ("sender.example",)


async def test_without_a_resolver_nothing_is_said():
    evidence = await authenticated(MESSAGE, None)
    assert evidence.authentication is NOT_ASKED
    field = authentication_results(Departure(incoming(MESSAGE), evidence, "gateway.test"))
    assert b"".join(field.split()) == b"Authentication-Results:gateway.test;none"
