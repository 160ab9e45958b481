from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.authentication import ArcFacts, DmarcFacts, SpfFacts
from ecluse.domain.content import MemoryContent
from ecluse.filtering.identities import (
    authenticated_domains,
    is_proven,
    is_sender_forged,
    network_of,
    pair_name,
    proven_author,
    registered,
    signing_domains,
)
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import HARMLESS, POLICY, SIGNED, with_authentication

NO_SPF = SpfFacts("none", "sender.example", "mailfrom")
NO_RECORD = DmarcFacts("none", "sender.example")


@pytest.mark.parametrize(
    ("evidence", "domains", "author"),
    [
        (HARMLESS, (), ""),
        (with_authentication(), ("sender.example",), "sender.example"),
        (with_authentication(spf=NO_SPF), ("sender.example",), "sender.example"),
        (with_authentication(spf=NO_SPF, signatures=(), dmarc=NO_RECORD), (), ""),
        # Without a DMARC record the same registered domain is proof enough.
        (
            with_authentication(spf=SpfFacts("pass", "b.sender.example", "mailfrom"), signatures=(), dmarc=NO_RECORD),
            ("sender.example",),
            "sender.example",
        ),
        # With one its verdict holds.
        (with_authentication(dmarc=DmarcFacts("fail", "sender.example", "reject")), ("sender.example",), ""),
        (with_authentication(dmarc=DmarcFacts("permerror", "sender.example")), ("sender.example",), ""),
        # A mailing service is proven, and speaks for no author.
        (
            with_authentication(
                spf=SpfFacts("pass", "mailer.example", "mailfrom"),
                signatures=(replace(SIGNED, domain="mailer.example"),),
                dmarc=DmarcFacts("none", "shop.example"),
            ),
            ("mailer.example",),
            "",
        ),
        (with_authentication(spf=SpfFacts("pass", "a.example", "helo"), signatures=(), dmarc=NO_RECORD), (), ""),
        (with_authentication(signatures=(replace(SIGNED, result="fail"),), spf=NO_SPF, dmarc=NO_RECORD), (), ""),
    ],
)
def test_what_is_proven(evidence, domains, author):
    assert authenticated_domains(evidence) == domains
    assert proven_author(evidence) == author


def test_the_authors_domain_comes_first():
    evidence = with_authentication(spf=SpfFacts("pass", "mailer.example", "mailfrom"))
    assert authenticated_domains(evidence) == ("sender.example", "mailer.example")
    assert is_proven(evidence, "mailer.example")
    assert is_proven(evidence, "sender.example")
    assert not is_proven(evidence, "other.example")
    assert not is_proven(evidence, "")


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("2001:db8::3%eth0", "2001:db8::/48"),
        ("127.0.0.1", ""),
        ("10.1.2.3", ""),
        ("fe80::1", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_networks_are_24_and_48_bits_wide(ip, network):
    assert network_of(ip) == network


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("Mail.Sender.Example", "sender.example"),
        ("a.b.co.uk", "b.co.uk"),
        ("co.uk", "co.uk"),
        ("[192.0.2.1]", ""),
        ("192.0.2.1", ""),
        ("", ""),
    ],
)
def test_registered_domains(name, domain):
    assert registered(name) == domain


def test_the_tag_of_bounce_addresses_makes_no_stranger():
    tagged = Address("prvs=0441ab23cd=Sam", "sender.example")
    assert pair_name(tagged, "ann") == pair_name(Address("sam", "sender.example"), "ann")
    assert pair_name(Address("prvs=x", "sender.example"), "ann") != pair_name(Address("x", "sender.example"), "ann")


@pytest.mark.parametrize(
    ("fields", "domains"),
    [
        (b"DKIM-Signature: v=1; a=rsa-sha256; d=mail.sender.example; s=k; b=d=false.example\r\n", ("sender.example",)),
        (b"DKIM-Signature: d = sender.example.;\r\n\tbh=x\r\n", ("sender.example",)),
        (b"dkim-signature:v=1;\r\n d=\r\n a.example;\r\nDKIM-Signature: d=b.example\r\n", ("a.example", "b.example")),
        (b"DKIM-Signature: v=1; bd=sender.example\r\n", ()),
        (b"DKIM-Signature: d=\xff\r\n", ()),
        (b"".join(b"DKIM-Signature: d=d%d.example\r\n" % number for number in range(50)), tuple(f"d{n}.example" for n in range(5))),
        (b"From: x\r\n", ()),
    ],
)  # fmt: skip
def test_domains_that_signatures_name(fields, domains):
    assert signing_domains(split_head(MemoryContent(fields + b"\r\n"))) == domains


DISOWNED = SpfFacts("fail", "sender.example", "mailfrom")
FAILED = DmarcFacts("fail", "sender.example", "none", "sender.example")
SEALED = ArcFacts("pass", sealers=("google.com",), vouched=("sender.example",))
UNSIGNED = {"signatures": (), "spf": DISOWNED, "dmarc": NO_RECORD}


@pytest.mark.parametrize(
    "facts",
    [
        UNSIGNED,
        UNSIGNED | {"signatures": (replace(SIGNED, domain="elsewhere.example"),)},
        UNSIGNED | {"signatures": (replace(SIGNED, result="fail"),)},
        {"signatures": (), "spf": NO_SPF, "dmarc": FAILED},
        {"signatures": (), "spf": NO_SPF, "dmarc": replace(FAILED, from_domain="www.sender.example")},
        UNSIGNED | {"arc": replace(SEALED, sealers=("stranger.example",))},
    ],
)
def test_a_sender_is_forged_where_his_domain_disowns_the_message_and_has_not_signed_it(facts):
    assert is_sender_forged(with_authentication(**facts), POLICY)


@pytest.mark.parametrize(
    "evidence",
    [
        HARMLESS,
        with_authentication(),
        with_authentication(spf=DISOWNED),
        with_authentication(signatures=(), spf=NO_SPF, dmarc=NO_RECORD),
        with_authentication(signatures=(), spf=SpfFacts("softfail", "sender.example", "mailfrom"), dmarc=NO_RECORD),
        with_authentication(signatures=(), spf=SpfFacts("temperror", "sender.example", "mailfrom"), dmarc=NO_RECORD),
        with_authentication(signatures=(), spf=SpfFacts("fail", "sender.example", "helo"), dmarc=NO_RECORD),
        # A mailing list answers for itself, not for its authors.
        with_authentication(signatures=(), dmarc=replace(FAILED, from_domain="author.example")),
        with_authentication(**UNSIGNED, arc=SEALED),
    ],
)
def test_what_is_not_proven_false_is_not_forged(evidence):
    assert not is_sender_forged(evidence, POLICY)
