"""A relayed message carries a chain that holds, one hop longer; what came failed stays as it is."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from ecluse.domain.authentication import ArcFacts, AuthenticationFacts, DmarcFacts, SpfFacts
from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import Unknown
from ecluse.filtering.changes.departure import Departure
from ecluse.mta.reception.arc_sealing import ArcSealer
from ecluse.wire.arc.chain import validate
from ecluse.wire.arc.sets import read_chain
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering import samples
from tests.unit.wire.dkim import keys

MAIL = b"From: Ann <ann@a.example>\r\nTo: b@b.example\r\nSubject: x\r\n\r\nHello \xc3\xa9\r\n"


def facts(arc="none"):
    return AuthenticationFacts(
        SpfFacts("pass", "a.example", "mailfrom"), (), ArcFacts(arc), DmarcFacts("pass", "a.example")
    )


def sealed(octets, authentication):
    content = MemoryContent(octets)
    evidence = replace(samples.HARMLESS, authentication=authentication)
    departure = Departure(replace(samples.incoming(), content=content), evidence, "mx.gateway.test")
    outgoing = asyncio.run(ArcSealer(keys.rsa_key()).sealed(departure, split_head(content), content))
    return outgoing.slice(0, outgoing.size)


def validity(octets):
    content = MemoryContent(octets)
    section = split_head(content)
    chain = read_chain(section)
    answers = dict.fromkeys(chain.key_names, keys.answer(keys.rsa_record()))
    bodies = hash_body(content, section.octets, chain.wanted)
    return validate(chain, SignedHeader(section), bodies, answers, time.time()).cv, len(chain.sets)


def test_a_chain_begins_and_goes_on_and_nothing_else_changes():
    first = sealed(MAIL, facts())
    assert first.endswith(MAIL)
    assert validity(first) == ("pass", 1)
    assert b"ARC-Authentication-Results: i=1; mx.gateway.test;\r\n\tspf=pass" in first
    assert validity(sealed(first, facts("pass"))) == ("pass", 2)
    assert validity(first.replace(b"Hello", b"Hallo"))[0] == "fail"


@pytest.mark.parametrize(
    ("octets", "authentication"),
    [
        (MAIL, facts("fail")),
        (MAIL, Unknown("no resolver")),
        (MAIL.replace(b"From:", b"X-From:"), facts()),
        (MAIL.replace(b"To:", b"no field\r\nTo:"), facts()),
    ],
)
def test_where_a_seal_helps_nobody_there_is_none(octets, authentication):
    assert sealed(octets, authentication) == octets
