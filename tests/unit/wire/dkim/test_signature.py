"""DKIM-Signature fields: what they claim, and what makes them unusable."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.wire.dkim.canonical import Mode
from ecluse.wire.dkim.hashes import WantedHash
from ecluse.wire.dkim.result import Result
from ecluse.wire.dkim.signature import MAX_FIELDS, MAX_VERIFIED, Signature, find_signatures
from ecluse.wire.mime.fields import split_head

TAGS = {
    "v": "1",
    "a": "rsa-sha256",
    "c": "relaxed/simple",
    "d": "Signer.example",
    "s": "k1",
    "h": "From : To:subject",
    "bh": "aGFzaA==",
    "b": "c2ln\r\n\tbmF0dXJl",
}


def field(**changes: str | None) -> bytes:
    """A signature field; None leaves a tag out."""
    tags = {**TAGS, **changes}
    return ("DKIM-Signature: " + "; ".join(f"{k}={v}" for k, v in tags.items() if v is not None) + "\r\n").encode()


def found(*fields: bytes):
    return find_signatures(split_head(MemoryContent(b"".join(fields) + b"From: a@b.example\r\n\r\n")))


def one(**changes: str | None) -> Signature:
    (signature,) = found(field(**changes))
    assert isinstance(signature, Signature), signature.reason
    return signature


def test_a_signature_is_read():
    signature = one(t="1700000000", x="1700000100", l="12")
    assert signature.key_name == "k1._domainkey.signer.example"
    assert (signature.identity, signature.algorithm, signature.mode) == (
        "@signer.example",
        "rsa-sha256",
        Mode.RELAXED,
    )
    assert signature.names == (b"from", b"to", b"subject")
    assert signature.body == WantedHash(Mode.SIMPLE, "sha256", 12)
    assert (signature.body_hash, signature.value, signature.start) == (b"hash", b"signature", "c2lnbmF0")
    assert (signature.signed_at, signature.expires_at) == (1_700_000_000, 1_700_000_100)
    assert signature.bare.endswith(b"; b=; t=1700000000; x=1700000100; l=12")


def test_expiry_is_after_the_last_second():
    assert [one(x="100").has_expired(now) for now in (99, 100, 100.5)] == [False, False, True]
    assert not one().has_expired(2**40)


@pytest.mark.parametrize(
    ("value", "modes"),
    [
        (None, (Mode.SIMPLE, Mode.SIMPLE)),
        ("relaxed", (Mode.RELAXED, Mode.SIMPLE)),
        ("simple/relaxed", (Mode.SIMPLE, Mode.RELAXED)),
    ],
)
def test_canonicalisations_have_defaults(value, modes):
    signature = one(c=value)
    assert (signature.mode, signature.body.mode) == modes


def test_an_identity_may_lie_below_the_domain():
    assert one(i="ann@sub.signer.example").identity == "ann@sub.signer.example"
    assert one(i="@SIGNER.example").identity == "@signer.example"


@pytest.mark.parametrize(
    ("changes", "result", "reason"),
    [
        ({"v": None}, Result.PERMERROR, "incompatible version"),
        ({"v": "8"}, Result.PERMERROR, "incompatible version"),
        ({"a": None}, Result.PERMERROR, "a= is missing"),
        ({"b": None}, Result.PERMERROR, "b= is missing"),
        ({"bh": None}, Result.PERMERROR, "bh= is missing"),
        ({"d": None}, Result.PERMERROR, "d= is missing"),
        ({"h": None}, Result.PERMERROR, "h= is missing"),
        ({"s": None}, Result.PERMERROR, "s= is missing"),
        ({"b": ""}, Result.PERMERROR, "b= is empty"),
        ({"b": "not_base_64"}, Result.PERMERROR, "b= is no base64"),
        ({"h": ""}, Result.PERMERROR, "From is not signed"),
        ({"h": "to:subject"}, Result.PERMERROR, "From is not signed"),
        ({"d": "a.example(.evil.example"}, Result.PERMERROR, "d= is no domain"),
        ({"i": "ann@other.example"}, Result.PERMERROR, "i= is not in the domain d="),
        ({"i": "ann@evilsigner.example"}, Result.PERMERROR, "i= is not in the domain d="),
        ({"i": "ann"}, Result.PERMERROR, "i= is no identity"),
        ({"t": "icecream"}, Result.PERMERROR, "t= is no number"),
        ({"l": "-1"}, Result.PERMERROR, "l= is no number"),
        ({"t": "12", "x": "12"}, Result.PERMERROR, "x= is not after t="),
        ({"a": "rsa-sha512"}, Result.NEUTRAL, "unknown algorithm"),
        ({"a": "RSA-SHA256"}, Result.NEUTRAL, "unknown algorithm"),
        ({"c": "nowsp/simple"}, Result.NEUTRAL, "unknown canonicalisation"),
        ({"c": "relaxed/relaxed/x"}, Result.NEUTRAL, "unknown canonicalisation"),
        ({"q": "http/well-known"}, Result.NEUTRAL, "q= knows no way to the key that we know"),
        ({"h": "from:" * 300}, Result.POLICY, "limit: more than 256 names in h="),
        ({"z": "x" * 20_000}, Result.POLICY, "limit: more than 16384 octets"),
    ],
)
def test_what_cannot_be_verified_has_its_result_at_once(changes, result, reason):
    (outcome,) = found(field(**changes))
    assert (outcome.result, outcome.reason) == (result, reason)


def test_a_tag_that_stands_there_twice_spoils_the_signature():
    (outcome,) = found(field().replace(b"; s=k1", b"; s=k1; s=k1"))
    assert (outcome.result, outcome.domain) == (Result.PERMERROR, "")


def test_an_unusable_signature_still_says_whose_it_is():
    (outcome,) = found(field(v="8"))
    assert (outcome.domain, outcome.selector, outcome.identity) == ("Signer.example", "k1", "@Signer.example")


def test_five_are_verified_and_twenty_are_looked_at():
    outcomes = found(*[field()] * 100)
    assert [isinstance(each, Signature) for each in outcomes] == [True] * MAX_VERIFIED + [False] * (
        MAX_FIELDS - MAX_VERIFIED
    )
    assert {(each.result, each.reason) for each in outcomes[MAX_VERIFIED:]} == {
        (Result.POLICY, "limit: too many signatures")
    }


def test_an_unusable_signature_takes_no_place_of_a_usable_one():
    outcomes = found(*[field(v="8")] * 10, *[field()] * 5)
    assert [isinstance(each, Signature) for each in outcomes] == [False] * 10 + [True] * 5


@given(st.dictionaries(st.sampled_from([*TAGS, "i", "l", "t", "x", "q"]), st.text(max_size=12), max_size=4))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_tags_are_read_or_refused(changes):
    for outcome in found(field(**changes)):
        assert outcome.domain is not None
