"""Validating chains: what holds, what breaks them, and how far back the message is the same."""

from __future__ import annotations

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.arc.chain import ChainResult, Validity, validate
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.mime.fields import split_head
from tests.cpu import cpu
from tests.unit.wire.arc.hops import ZONE, chain_of, fields, hopped, validated
from tests.unit.wire.dkim.keys import answer, ed25519_key, rsa_key, rsa_private, rsa_record
from tests.unit.wire.dkim.mails import MESSAGE, NOW

ONE = hopped(MESSAGE, 1)
TWO = hopped(ONE, 1)
THREE = hopped(TWO, 1)


def test_a_message_without_arc_has_no_validity():
    assert validated(MESSAGE) == ChainResult(Validity.NONE)


def test_a_chain_that_holds_passes_and_names_its_sealers():
    assert validated(THREE) == ChainResult(Validity.PASS, 0, "", ("hop1.example", "hop2.example", "hop3.example"))


def test_a_hop_may_seal_with_ed25519():
    assert validated(hopped(ONE, 1, ed25519_key("hop2.example"))).cv is Validity.PASS


def test_the_oldest_pass_is_the_hop_after_the_last_change():
    """The second hop validates before it changes the message, as a list does."""
    rewritten = ONE.replace(b"Subject: ", b"Subject: [list] ")
    second = b"".join(fields(rewritten, rsa_key("hop2.example"), Validity.PASS)) + rewritten
    assert validated(second).oldest_pass == 2
    third = hopped(second, 1)
    assert (validated(third).cv, validated(third).oldest_pass) == (Validity.PASS, 2)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Dear Bob", b"Dear Eve", "i=3: ARC-Message-Signature: body hash does not match"),
        (b"folded", b"forged", "i=3: ARC-Message-Signature: signature does not match"),
        (b"i=1; mx.hop.example;\r\n\tspf=pass", b"i=1; mx.hop.example;\r\n\tspf=fail", "ARC-Seal"),
        (b"i=2; mx.hop.example;\r\n\tspf=pass", b"i=2; mx.hop.example;\r\n\tspf=fail", "ARC-Seal"),
    ],
)
def test_forgeries_break_the_chain(old, new, reason):
    forged = THREE.replace(old, new)
    assert forged != THREE
    result = validated(forged)
    assert (result.cv, reason in result.reason, result.is_temporary) == (Validity.FAIL, True, False)


def test_a_hop_cannot_be_taken_out_of_the_middle():
    start = THREE.index(b"ARC-Seal: i=2")
    end = THREE.index(b"ARC-Seal: i=1")
    without = (THREE[:start] + THREE[end:]).replace(b"i=3", b"i=2")
    assert validated(without).cv is Validity.FAIL


def test_every_seal_needs_its_key():
    for number in (1, 2, 3):
        zone = {**ZONE, f"r._domainkey.hop{number}.example": answer(rsa_record(private=rsa_private(1024)))}
        assert validated(THREE, zone).cv is Validity.FAIL


def test_a_key_that_could_not_be_asked_for_is_told_apart():
    zone = {**ZONE, "r._domainkey.hop1.example": Answer(DnsStatus.TIMEOUT)}
    result = validated(THREE, zone)
    assert (result.cv, result.is_temporary) == (Validity.FAIL, True)
    assert not validated(THREE, {}).is_temporary


def test_a_name_that_was_not_asked_for_counts_as_no_answer():
    section = split_head(MemoryContent(ONE))
    chain = chain_of(ONE)
    bodies = hash_body(MemoryContent(ONE), section.octets, chain.wanted)
    assert validate(chain, SignedHeader(section), bodies, {}, NOW).is_temporary


def test_fifty_hops_take_little_time():
    fifty = hopped(MESSAGE, 50)
    with cpu() as spent:
        result = validated(fifty)
    assert spent.seconds < 0.1
    assert (result.cv, len(result.sealers)) == (Validity.PASS, 50)
