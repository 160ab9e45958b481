from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.dnsbl import (
    DnsList,
    Listing,
    ListingFacts,
    ListKind,
    ListTrouble,
    Meaning,
    ReturnCode,
    corrupted,
    counts,
    is_private,
    is_wide,
    names_of,
    points,
    question_for,
    read_answer,
)

BAD, DIAL_UP = ReturnCode("127.0.0.2", "spam", 2), ReturnCode("127.0.0.10", "dial-up", meaning=Meaning.POLICY)
IPS = DnsList("ips", "bl.example", frozenset({ListKind.IP}), "Maker", (BAD, DIAL_UP), has_ipv6=True)
DOMAINS = DnsList("domains", "dom.example", frozenset({ListKind.BODY_DOMAIN}), "Maker")


def ok(*records: str) -> Answer:
    return Answer(DnsStatus.OK, records, 60)


def listing(publisher: str, target: str = "192.0.2.1", weight: float = 1, meaning: Meaning = Meaning.BAD) -> Listing:
    return Listing(f"{publisher}-list", publisher, ListKind.IP, target, "127.0.0.2", "spam", weight, meaning, 1.0)


# --- Questions


@pytest.mark.parametrize(
    ("dns_list", "target", "question"),
    [
        (IPS, "192.0.2.99", "99.2.0.192.bl.example"),
        (IPS, "2001:db8::1", "1." + "0." * 23 + "8.b.d.0.1.0.0.2.bl.example"),
        (replace(IPS, has_ipv6=False), "2001:db8::1", ""),
        (IPS, "10.1.2.3", ""),
        (IPS, "no address", ""),
        (DOMAINS, "bad.example", "bad.example.dom.example"),
    ],
)
def test_a_list_is_asked_as_rfc_5782_says(dns_list, target, question):
    assert question_for(dns_list, target) == question


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "172.31.0.1", "192.168.1.1", "169.254.1.1", "::1", "fe80::1"])
def test_private_addresses_are_nobodys_business(ip):
    assert is_private(ip)


@pytest.mark.parametrize("ip", ["192.0.2.1", "172.32.0.1", "2001:db8::1", "8.8.8.8"])
def test_public_addresses_are_asked_about(ip):
    assert not is_private(ip)


# --- Answers


def test_the_codes_of_an_answer_are_what_it_means():
    assert read_answer(IPS, ok("127.0.0.10", "127.0.0.2")) == (DIAL_UP, BAD)
    assert read_answer(IPS, ok("127.0.0.99")) == ()
    assert read_answer(IPS, Answer(DnsStatus.NXDOMAIN)) == ()
    assert read_answer(IPS, Answer(DnsStatus.NO_DATA)) == ()


def test_a_list_without_codes_lists_by_any_answer():
    assert read_answer(replace(DOMAINS, weight=2.5), ok("127.0.1.9")) == (ReturnCode("127.0.1.9", "listed", 2.5),)


def test_an_octet_may_be_any():
    trust = ReturnCode("127.0.*.3", "high trust", meaning=Meaning.GOOD)
    assert read_answer(replace(IPS, codes=(trust,)), ok("127.0.17.3")) == (trust,)
    assert read_answer(replace(IPS, codes=(trust,)), ok("127.0.17.2")) == ()


def test_a_bit_mask_is_taken_apart():
    mask = replace(DOMAINS, is_bit_mask=True, codes=tuple(ReturnCode(bit, bit) for bit in ("8", "16", "64")))
    assert [code.code for code in read_answer(mask, ok("127.0.0.72"))] == ["8", "64"]
    assert read_answer(mask, ok("127.0.0.4")) == ()


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (ok("127.255.255.254"), ListTrouble.ERROR),
        (ok("127.0.0.2", "127.255.255.252"), ListTrouble.ERROR),
        (ok("127.0.0.1"), ListTrouble.ERROR),
        (ok("192.0.2.80"), ListTrouble.LYING),
        (Answer(DnsStatus.TIMEOUT), ListTrouble.SILENT),
        (Answer(DnsStatus.SERVFAIL), ListTrouble.SILENT),
        (Answer(DnsStatus.REFUSED), ListTrouble.SILENT),
    ],
)
def test_an_answer_that_is_none_is_never_a_listing(answer, trouble):
    assert read_answer(IPS, answer) is trouble


@settings(derandomize=True, deadline=None)
@given(st.lists(st.ip_addresses(v=4).map(str), max_size=5), st.booleans())
def test_no_answer_raises(records, is_bit_mask):
    codes = (ReturnCode("2", "bit"),) if is_bit_mask else (BAD,)
    found = read_answer(replace(IPS, is_bit_mask=is_bit_mask, codes=codes), ok(*records))
    assert isinstance(found, ListTrouble | tuple)


# --- What listings prove


def test_lists_of_one_publisher_are_one_witness():
    found = (listing("a", weight=2), listing("a", weight=3), listing("b", weight=1))
    assert points(found) == 4
    assert is_wide(found)
    assert not is_wide((listing("a", weight=5),))
    assert names_of(found) == "a-list b-list"


def test_less_than_a_point_is_not_worth_a_word():
    assert not counts((listing("a", weight=0.5),))
    assert counts((listing("a", weight=0.5), listing("b", weight=0.5)))
    assert not counts(())


def test_three_publishers_prove_corruption():
    assert corrupted((listing("a"), listing("b"), listing("c"))) == ("192.0.2.1",)
    assert corrupted((listing("a"), listing("b"), listing("b"))) == ()


def test_dial_up_zones_and_good_lists_prove_nothing():
    for meaning in (Meaning.POLICY, Meaning.GOOD):
        assert corrupted((listing("a"), listing("b"), listing("c", meaning=meaning))) == ()


def test_witnesses_must_speak_of_the_same():
    assert corrupted((listing("a"), listing("b"), listing("c", "192.0.2.2"))) == ()


def test_facts_are_told_apart_by_meaning_and_kind():
    bad, policy = listing("a"), listing("b", meaning=Meaning.POLICY)
    linked = replace(bad, kind=ListKind.BODY_DOMAIN, target="bad.example")
    facts = ListingFacts((bad, policy, linked))
    assert facts.of(Meaning.BAD, ListKind.IP) == (bad,)
    assert facts.of(Meaning.BAD, ListKind.IP, ListKind.BODY_DOMAIN) == (bad, linked)
