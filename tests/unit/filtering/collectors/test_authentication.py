"""SPF, DKIM, ARC and DMARC of whole messages, with keys made here and a DNS of the test."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.evidence import NOT_ASKED
from ecluse.filtering.changes.authentication_results import authentication_results
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.collect import Sources, Subject, collect
from ecluse.filtering.collectors.authentication import ON_THE_SPOT_OCTETS
from ecluse.filtering.inbound import COLLECTORS
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, load_key, sign
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import MESSAGE, incoming
from tests.unit.wire.zone import Zone

KEY = Ed25519PrivateKey.generate()
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
ONLY_AUTHENTICATION = tuple(one for one in COLLECTORS if one.name == "authentication")


class ZoneResolver(Zone):
    """The port `Resolver` over the zone."""

    async def ask(self, name: str, kind: str) -> Answer:
        return await self.lookup(name, kind)


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


async def authenticated(message, resolver):
    subject = Subject(incoming(message), (), Sources(None, None, "gateway.test", resolver))
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
    field = authentication_results(Departure(incoming(message), evidence, None, "gateway.test")).decode()
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


async def test_a_large_body_is_hashed_beside_the_loop_with_the_same_result():
    message = signed(MESSAGE + b"x" * ON_THE_SPOT_OCTETS + b"\r\n")
    facts = (await authenticated(message, genuine())).authentication
    assert facts.dkim_domains == ("sender.example",)


async def test_without_a_resolver_nothing_is_said():
    evidence = await authenticated(MESSAGE, None)
    assert evidence.authentication is NOT_ASKED
    field = authentication_results(Departure(incoming(MESSAGE), evidence, None, "gateway.test"))
    assert b"".join(field.split()) == b"Authentication-Results:gateway.test;none"
