"""Which outbound mail leaves signed, by whom, and that nothing else of it changes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.signing import DomainKeys
from ecluse.mta.reception.signing import NAMES, OVERSIGNED, Signer
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sealed_key import NODE_KEY_OCTETS, seal_key
from ecluse.wire.dkim.signature import find_signatures
from ecluse.wire.dkim.verify import verify
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering import samples
from tests.unit.wire.dkim import keys

NODE_KEY = bytes(range(NODE_KEY_OCTETS))
MAIL = b"From: Ann <ann@signer.example>\r\nTo: b@world.example\r\nSubject: x\r\n\r\nHello \xc3\xa9\r\n"


def published(client="Signer", domain="signer.example"):
    sealed = (
        seal_key(NODE_KEY, domain, "r", keys.pem(keys.rsa_private())),
        seal_key(NODE_KEY, domain, "e", keys.pem(keys.ed25519_private())),
    )
    return DomainKeys(client, domain, sealed)


class Published:
    def __init__(self, *keys):
        self.keys = {each.domain: each for each in keys}

    def signing_keys(self, domain):
        return self.keys.get(domain)


def signed(octets, client="Signer", signer=None):
    signer = signer or Signer(Published(published()), NODE_KEY)
    content = MemoryContent(octets)
    incoming = replace(samples.incoming(), client=client, content=content)
    outgoing = asyncio.run(signer.signed(incoming, split_head(content), content))
    return outgoing.slice(0, outgoing.size)


def results(octets):
    content = MemoryContent(octets)
    section = split_head(content)
    found = find_signatures(section)
    bodies = hash_body(content, section.octets, {one.body for one in found})
    records = {"r": keys.answer(keys.rsa_record()), "e": keys.answer(keys.ed25519_record())}
    header = SignedHeader(section)
    return [verify(one, header, bodies, records[one.selector], time.time()).result for one in found]


def test_both_keys_sign_and_nothing_else_changes():
    octets = signed(MAIL)
    assert octets.endswith(MAIL)
    assert results(octets) == ["pass", "pass"]


def test_a_large_body_is_hashed_too():
    octets = signed(MAIL + b"0123456789abcdef\r\n" * 80_000)
    assert results(octets) == ["pass", "pass"]


@pytest.mark.parametrize("name", sorted(OVERSIGNED - {b"from"}))
def test_nobody_adds_a_field_that_readers_would_show(name):
    forged = b"%s: another\r\n" % name
    assert "pass" not in results(forged + signed(MAIL))
    assert name in NAMES


@pytest.mark.parametrize(
    "octets",
    [
        b"To: b@world.example\r\n\r\nno author\r\n",
        b"From: a@signer.example\r\nFrom: b@signer.example\r\n\r\n",
        b"From: a@signer.example, b@other.example\r\n\r\n",
        b"From: a@sub.signer.example\r\n\r\n",
        b"From: a@other.example\r\n\r\n",
        b"From: a@signer.example\r\nno field at all\r\nSubject: x\r\n\r\n",
        b"From: a@signer.example\r\n" + b"X: y\r\n" * 2_000 + b"From: b@other.example\r\n\r\n",
    ],
)
def test_what_has_no_single_author_of_a_domain_with_keys_leaves_as_it_came(octets):
    assert signed(octets) == octets


def test_another_client_never_signs_in_this_domains_name():
    assert signed(MAIL, client="Stranger") == MAIL


def test_a_node_with_another_key_sends_unsigned():
    assert signed(MAIL, signer=Signer(Published(published()), bytes(NODE_KEY_OCTETS))) == MAIL
    assert signed(MAIL, signer=Signer(Published(published()), b"")) == MAIL


def test_another_version_of_the_keys_is_used_at_once():
    source = Published(published())
    signer = Signer(source, NODE_KEY)
    assert len(results(signed(MAIL, signer=signer))) == 2
    source.keys["signer.example"] = replace(published(), keys=published().keys[1:])
    assert len(results(signed(MAIL, signer=signer))) == 1
    source.keys.clear()
    assert signed(MAIL, signer=signer) == MAIL
