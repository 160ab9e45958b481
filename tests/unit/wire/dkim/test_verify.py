"""Verifying: the example of RFC 8463, what breaks a signature, what does not, and the facts beside the result."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.dkim.result import Result
from ecluse.wire.dkim.verify import CLOCK_TOLERANCE_S
from tests.cpu import cpu
from tests.unit.wire.dkim.keys import answer, ed25519_key, ed25519_record, rsa_key, rsa_private, rsa_record
from tests.unit.wire.dkim.mails import MESSAGE, NAMES, NOW, outcomes, signed, verified

RSA_NAME = "r._domainkey.signer.example"
SIGNED = signed(MESSAGE, rsa_key())
PASSED = [("pass", "")]

# RFC 8463 appendix A.
RFC8463_ZONE = {
    "brisbane._domainkey.football.example.com": answer(
        b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    ),
    "test._domainkey.football.example.com": answer(
        b"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"
        b"Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2"
        b"kryOTIKT+l/K4w3QIDAQAB"
    ),
}
RFC8463 = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    b" subject : date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    b" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    b" date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    b" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    b" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
    b"From: Joe SixPack <joe@football.example.com>\r\n"
    b"To: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    b"\r\n"
    b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)


def test_the_example_of_rfc_8463_passes_with_both_keys():
    results = verified(RFC8463, RFC8463_ZONE)
    assert [(one.result, one.algorithm, one.key_bits) for one in results] == [
        ("pass", "ed25519-sha256", 256),
        ("pass", "rsa-sha256", 1024),
    ]


def test_a_signature_of_our_own_passes():
    (result,) = verified(SIGNED)
    assert (result.result, result.domain, result.selector, result.identity) == (
        "pass",
        "signer.example",
        "r",
        "@signer.example",
    )
    assert (result.algorithm, result.key_bits, result.unsigned, result.length) == ("rsa-sha256", 2048, (), None)
    assert len(result.start) == 8
    assert result.start.encode() in SIGNED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: A  folded\r\n\tsubject", b"SUBJECT:  A folded\r\n subject "),
        (b"this is   it.", b"this  is it.\t"),
        (b"it.\r\n\r\n\r\n", b"it.\r\n"),
        (b"From: Ann", b"Received: by a relay\r\nFrom: Ann"),
    ],
)
def test_changes_of_white_space_and_new_fields_do_no_harm(old, new):
    changed = SIGNED.replace(old, new)
    assert changed != SIGNED
    assert outcomes(changed) == PASSED


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Dear Bob", b"Dear Eve", "body hash does not match"),
        (b"this is   it", b"thisis   it", "body hash does not match"),
        (b"folded", b"forged", "signature does not match"),
        (b"Ann <", b"Eve <", "signature does not match"),
        (b"t=1700000000", b"t=1700000001", "signature does not match"),
        (b"\r\n\r\nDear", b"\r\nSubject: below\r\n\r\nDear", "signature does not match"),
    ],
)
def test_changes_of_what_is_signed_break_it(old, new, reason):
    changed = SIGNED.replace(old, new)
    assert changed != SIGNED
    assert outcomes(changed) == [("fail", reason)]


def test_an_old_key_fails_and_a_second_record_may_hold_the_right_one():
    old = rsa_record(private=rsa_private(1024))
    assert outcomes(SIGNED, {RSA_NAME: answer(old)}) == [("fail", "signature does not match")]
    assert outcomes(SIGNED, {RSA_NAME: answer(old, rsa_record())}) == PASSED
    assert outcomes(SIGNED, {RSA_NAME: answer(ed25519_record(), rsa_record())}) == PASSED


def test_dns_trouble_and_a_missing_key_are_told_apart():
    assert verified(SIGNED, {RSA_NAME: Answer(DnsStatus.TIMEOUT)})[0].result is Result.TEMPERROR
    assert outcomes(SIGNED, {}) == [("permerror", "no key")]
    assert outcomes(SIGNED, {RSA_NAME: answer(b"v=DKIM1; p=")}) == [("permerror", "key revoked")]


def test_a_broken_body_is_a_failure_whatever_the_dns_says():
    broken = SIGNED.replace(b"Dear Bob", b"Dear Eve")
    assert outcomes(broken, {RSA_NAME: Answer(DnsStatus.TIMEOUT)}) == [("fail", "body hash does not match")]


def test_a_strict_key_is_for_its_own_domain_alone():
    zone = {RSA_NAME: answer(rsa_record("t=s; "))}
    assert outcomes(SIGNED, zone) == PASSED
    below = resigned(b"i=ann@sub.signer.example")
    assert outcomes(below) == PASSED
    assert outcomes(below, zone) == [("permerror", "the key is for its own domain alone (t=s)")]


def test_a_key_under_test_is_a_fact_not_a_result():
    (result,) = verified(SIGNED, {RSA_NAME: answer(rsa_record("t=y; "))})
    assert (result.result, result.is_test_key) == ("pass", True)


def test_a_signature_expires():
    expiring = signed(MESSAGE, rsa_key(), expires_after_s=100)
    assert outcomes(expiring, now=NOW + 100) == PASSED
    (result,) = verified(expiring, now=NOW + 101)
    assert (result.result, result.reason, result.is_expired) == ("policy", "expired", True)


def test_a_signers_clock_may_be_a_little_ahead():
    assert outcomes(SIGNED, now=NOW - CLOCK_TOLERANCE_S) == PASSED
    assert outcomes(SIGNED, now=NOW - CLOCK_TOLERANCE_S - 1) == [("policy", "signed in the future")]


def test_what_may_be_added_is_reported():
    message = MESSAGE.replace(b"To: ", b"Subject: one more\r\nReply-To: x@y.example\r\nTo: ", 1)
    (result,) = verified(signed(message, rsa_key(), names=(b"from", b"to")))
    assert result.unsigned == ("reply-to", "subject", "date")
    added = b"Subject: on top\r\n" + SIGNED
    (result,) = verified(added)
    assert (result.result, result.unsigned) == ("pass", ("subject",))


def test_an_oversigned_field_cannot_be_added():
    message = signed(MESSAGE, rsa_key(), oversigned=frozenset({b"subject", b"reply-to"}), names=(*NAMES, b"reply-to"))
    assert outcomes(message) == PASSED
    for added in (b"Subject: on top\r\n", b"Reply-To: eve@x.example\r\n"):
        assert outcomes(added + message) == [("fail", "signature does not match")]


def test_a_signature_may_sign_other_signatures_but_not_itself():
    twice = signed(SIGNED, ed25519_key(), names=(*NAMES, b"dkim-signature"))
    assert outcomes(twice) == PASSED * 2
    assert outcomes(twice.replace(b"t=1700000000; h=from:to:subject:date;", b"t=1700000000; h=from:to:subject;"))[
        0
    ] == ("fail", "signature does not match")


# --- Signatures that we do not make, but verify -----------------------------------


def resigned(*extra: bytes, algorithm: str = "rsa-sha256", modes: str = "simple/simple", body: bytes = b"") -> bytes:
    """A signature made by hand: From alone, with other tags, canonicalised by hand for simple/simple."""
    message = MESSAGE
    head, _, whole = message.partition(b"\r\n\r\n")
    digest = algorithm.rpartition("-")[2]
    body_hash = base64.b64encode(hashlib.new(digest, body or whole.rstrip(b"\r\n") + b"\r\n").digest())
    tags = [b"v=1", f"a={algorithm}".encode(), f"c={modes}".encode(), b"d=signer.example", b"s=r", b"h=from", *extra]
    bare = b"DKIM-Signature: " + b"; ".join([*tags, b"bh=" + body_hash, b"b="])
    signed_octets = head.split(b"\r\n")[0] + b"\r\n" + bare
    hashed = hashlib.new(digest, signed_octets).digest()
    if digest == "sha1":
        value = rsa_private().sign(signed_octets, PKCS1v15(), SHA1())
    else:
        value = base64.b64decode(rsa_key().sign(hashed))
    return bare + base64.b64encode(value) + b"\r\n" + message


def test_simple_signatures_pass_and_break_with_any_white_space():
    assert outcomes(resigned()) == PASSED
    assert outcomes(resigned().replace(b"From: Ann", b"From:  Ann")) == [("fail", "signature does not match")]
    assert outcomes(resigned().replace(b"it.", b"it. ")) == [("fail", "body hash does not match")]


def test_rsa_sha1_fails_without_leave():
    old = resigned(algorithm="rsa-sha1")
    assert outcomes(old) == [("fail", "rsa-sha1 is no longer accepted (RFC 8301)")]
    assert outcomes(old, allow_sha1=True) == PASSED
    assert outcomes(old.replace(b"Ann <", b"Eve <"), allow_sha1=True)[0][0] == "fail"
    sha256_only = {RSA_NAME: answer(rsa_record("h=sha256; "))}
    assert outcomes(old, sha256_only, allow_sha1=True) == [("permerror", "the key is not for sha1")]


def test_a_length_lets_octets_be_added_and_says_so():
    part = resigned(b"l=8", body=b"Dear Bob")
    (result,) = verified(part + b"and more\r\n")
    assert (result.result, result.length, result.has_unsigned_body) == ("pass", 8, True)
    whole = MESSAGE.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") + b"\r\n"
    (result,) = verified(resigned(b"l=%d" % len(whole)))
    assert (result.result, result.has_unsigned_body) == ("pass", False)
    assert outcomes(resigned(b"l=5000")) == [("fail", "l= is longer than the body")]


# --- Bounds ------------------------------------------------------------------------


def test_fields_below_those_that_we_read_cannot_hide():
    """Bottom-up selection takes the lowest field: an unread one would be shown to readers and not be verified."""
    below = b"X: y\r\n" * 2_000 + b"From: Eve <eve@signer.example>\r\n\r\nDear Bob"
    assert outcomes(SIGNED.replace(b"\r\nDear Bob", below)) == [("policy", "limit: the header section is too large")]


@pytest.mark.parametrize(
    "hostile",
    [
        SIGNED.partition(b"From:")[0] * 100 + MESSAGE,
        SIGNED.replace(b"c=relaxed", b"z=" + b"a" * 1_000_000 + b"; c=relaxed"),
        SIGNED.replace(b"h=from", b"h=" + b"a:" * 100_000 + b"from"),
        SIGNED.replace(b"Ann <", b'(("\\<' * 1_000),
        SIGNED.replace(b"To: ", b"X: y\r\n" * 1_900 + b"To: "),
    ],
    ids=["100 signatures", "a megabyte in a tag", "100,000 names", "a From of 5,000 characters", "1,900 fields"],
)
def test_no_signature_takes_long(hostile):
    with cpu() as spent:
        verified(hostile)
    assert spent.seconds < 0.05
