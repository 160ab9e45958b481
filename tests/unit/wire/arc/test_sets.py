"""ARC fields as sets: what makes a chain by its form alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.arc.sets import Results
from tests.unit.wire.arc.hops import chain_of, hopped
from tests.unit.wire.dkim.mails import MESSAGE

TWO = hopped(MESSAGE, 2)
SET_FIELDS = re.findall(rb"(?m)^ARC-[^\n]*\n(?:[ \t][^\n]*\n)*", TWO)  # Newest first: seal, signature, results.


def fault(*fields: bytes) -> str:
    chain = chain_of(b"".join(fields) + MESSAGE)
    assert not chain.sets
    return chain.fault


def changed(at: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in SET_FIELDS[at]
    return [*SET_FIELDS[:at], SET_FIELDS[at].replace(old, new, 1), *SET_FIELDS[at + 1 :]]


def test_a_message_without_arc_has_no_chain_and_no_fault():
    chain = chain_of(MESSAGE)
    assert (chain.sets, chain.fault, chain.highest) == ((), "", 0)


def test_sets_are_read_oldest_first_wherever_they_stand():
    for order in (SET_FIELDS, SET_FIELDS[::-1]):
        chain = chain_of(b"".join(order) + MESSAGE)
        assert [one.seal.domain for one in chain.sets] == ["hop1.example", "hop2.example"]
        assert [one.seal.cv for one in chain.sets] == ["none", "pass"]
        assert (chain.fault, chain.highest, chain.has_ended) == ("", 2, False)


def test_the_newest_keys_are_asked_for_first_and_each_once():
    assert chain_of(TWO).key_names == ("r._domainkey.hop2.example", "r._domainkey.hop1.example")


def test_results_lose_the_instance_and_nothing_else():
    assert chain_of(TWO).sets[1].results == Results(2, b"mx.hop.example;\tspf=pass;\tdkim=none")


@pytest.mark.parametrize("missing", range(6))
def test_a_set_that_lacks_a_field_breaks_the_chain(missing):
    assert fault(*SET_FIELDS[:missing], *SET_FIELDS[missing + 1 :]) == "sets are incomplete"


@pytest.mark.parametrize("twice", range(6))
def test_a_field_that_stands_there_twice_breaks_the_chain(twice):
    assert fault(*SET_FIELDS, SET_FIELDS[twice]).endswith("stands there twice")


def test_a_gap_breaks_the_chain():
    assert fault(*[field.replace(b"i=2", b"i=3") for field in SET_FIELDS]) == "sets are incomplete"


@pytest.mark.parametrize("instance", [b"", b"0", b"51", b"100", b"-1", b"blorp", b"1.0"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_instance_is_a_number_from_1_to_50(at, instance):
    assert "instance" in fault(*changed(at, b"i=2", b"i=" + instance))


@pytest.mark.parametrize(
    ("at", "old", "new", "reason"),
    [
        (0, b"cv=pass", b"cv=none", "i=2: cv=none"),
        (3, b"cv=none", b"cv=pass", "i=1: cv=pass"),
        (0, b"cv=pass", b"cv=PASS", "arc-seal: unknown cv="),
        (0, b"cv=pass", b"cv=", "arc-seal: unknown cv="),
        (0, b"cv=pass", b"x=y", "arc-seal: cv= is missing"),
        (0, b"cv=pass", b"cv=pass; h=from", "arc-seal: h= has no place here"),
        (0, b"cv=pass", b"cv=pass; cv=pass", "arc-seal: cv= stands there twice"),
        (0, b"t=1700000000", b"t=17 00", "arc-seal: t= is no number"),
        (0, b"d=hop2.example", b"d=", "arc-seal: d= is no domain"),
        (0, b"s=r", b"S=r", "arc-seal: s= is missing"),
        (0, b"a=rsa-sha256", b"a=rsa-sha512", "arc-seal: unknown algorithm"),
        (1, b"c=relaxed/relaxed", b"c=relax", "i=2: unknown canonicalisation"),
        (1, b"h=from", b"h=arc-seal:from", "i=2: h= names arc-seal"),
        (1, b"t=1700000000", b"t=icecream", "i=2: t= is no number"),
        (1, b"h=from", b"y=from", "i=2: h= is missing"),
        (2, b"i=2; mx", b"i=2 mx", "arc-authentication-results: no instance"),
        (2, b"i=2; mx", b"mx; i=2", "arc-authentication-results: no instance"),
    ],
)
def test_what_breaks_the_chain_is_named(at, old, new, reason):
    assert fault(*changed(at, old, new)) == reason


def test_an_older_signature_that_cannot_be_verified_breaks_nothing():
    chain = chain_of(b"".join(changed(4, b"a=rsa-sha256", b"a=unheard-of")) + MESSAGE)
    assert (chain.fault, chain.sets[0].message.signature) == ("", None)


def test_a_signature_may_sign_no_field_at_all():
    assert chain_of(b"".join(changed(1, b"h=from:to:subject:date", b"h=")) + MESSAGE).fault == ""


def test_a_hop_that_said_fail_ends_the_chain():
    chain = chain_of(b"".join(changed(0, b"cv=pass", b"cv=fail")) + MESSAGE)
    assert (chain.sets, chain.fault, chain.highest, chain.has_ended) == ((), "i=2: cv=fail", 2, True)


def test_more_than_fifty_sets_are_not_read():
    many = [field.replace(b"i=2", b"i=%d" % at) for at in range(1, 52) for field in SET_FIELDS[:3]]
    assert fault(*many) == "limit: more than 50 sets"


@given(st.lists(st.sampled_from(SET_FIELDS), max_size=8), st.integers(0, 60), st.binary(max_size=4))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_any_fields_are_read_as_a_chain_or_as_a_fault(some, at, noise):
    chain = chain_of(b"".join(field[:at] + noise + field[at:] for field in some) + MESSAGE)
    assert not (chain.sets and chain.fault)
