"""Key records: what they hold, what they allow, and the bounds."""

from __future__ import annotations

import base64

import pytest

from ecluse.domain.dns import FAILED, Answer, DnsStatus
from ecluse.wire.dkim.key import MAX_KEYS, MAX_RECORDS, KeyTrouble, keys_in, read_key
from ecluse.wire.dkim.result import Result
from tests.cpu import cpu
from tests.unit.wire.dkim.keys import answer, ed25519_record, pkcs1, rsa_private, rsa_record


def trouble(record: bytes) -> tuple[Result, str]:
    with pytest.raises(KeyTrouble) as problem:
        read_key(record)
    return problem.value.result, str(problem.value)


def published(der: bytes) -> bytes:
    return b"v=DKIM1; p=" + base64.b64encode(der)


def test_an_rsa_key_is_the_default():
    key = read_key(published(pkcs1(rsa_private().public_key().public_numbers().n)))
    assert (key.kind, key.bits, key.digests, key.is_test, key.is_strict) == ("rsa", 2048, frozenset(), False, False)


def test_an_ed25519_key_has_32_octets():
    assert read_key(ed25519_record()).bits == 256
    for size in (31, 33, 44):
        record = b"k=ed25519; p=" + base64.b64encode(bytes(size))
        assert trouble(record) == (Result.PERMERROR, "p= is no Ed25519 key")


def test_flags_services_and_digests_are_read():
    key = read_key(rsa_record("h=sha1 : sha256; s=other:email; t=y:s; n=note; g=*; x1=unknown; "))
    assert (key.digests, key.is_test, key.is_strict) == (frozenset({"sha1", "sha256"}), True, True)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"v=DKIM1; p=", "key revoked"),
        (b"v=DKIM1; k=rsa", "key record without p="),
        (b"v=DKIM2; p=AAAA", "key record of another version"),
        (b"v=DKIM1: k=rsa; p=AAAA", "key record of another version"),
        (b"k=rsa; v=DKIM1; p=AAAA", "key record of another version"),
        (b"v=DKIM1; k=ed25519-sha256; p=AAAA", "key of an unknown kind"),
        (b"v=DKIM1; s=tlsrpt; p=AAAA", "the key is not for e-mail"),
        (b"v=DKIM1; p=***", "key record: p= is no base64"),
        (b"v=DKIM1; p=AAAA", "p= is no RSA key"),
        (b"v=DKIM1; p=AAAA; p=AAAA", "key record: p= stands there twice"),
        (b"hello world", "key record: a tag without a name or without a value"),
        (b"", "key record without p="),
    ],
)
def test_what_is_no_key_says_why(record, reason):
    assert trouble(record) == (Result.PERMERROR, reason)


def test_white_space_within_a_key_means_nothing():
    assert read_key(rsa_record().replace(b"QAB", b"Q AB")).bits == 2048


@pytest.mark.parametrize(
    ("bits", "exponent", "is_fine"),
    [
        (1023, 65_537, False),
        (1024, 65_537, True),
        (4096, 3, True),
        (4097, 65_537, False),
        (16_384, 65_537, False),
        (2048, 2**32 - 1, True),
        (2048, 2**32 + 1, False),
        (2048, 2**4000 + 1, False),
    ],
)
def test_the_size_of_an_rsa_key_is_bounded(bits, exponent, is_fine):
    record = published(pkcs1(2 ** (bits - 1) + 1, exponent))
    if is_fine:
        assert read_key(record).bits == bits
    else:
        assert trouble(record)[0] is Result.POLICY


@pytest.mark.parametrize("exponent", [1, 2])
def test_an_exponent_that_makes_no_key_is_refused(exponent):
    assert trouble(published(pkcs1(2**2047 + 1, exponent))) == (Result.PERMERROR, "p= is no RSA key")


def test_no_signature_fits_a_modulus_that_makes_no_sense():
    key = read_key(published(pkcs1(2**2047)))
    assert not key.has_signed(b"\x01" * 256, bytes(32), "sha256")


def test_a_giant_key_costs_nothing():
    record = published(pkcs1(2**16_383 + 1, 2**16_000 + 1))
    with cpu() as spent:
        assert trouble(record)[0] is Result.POLICY
    assert spent.seconds < 0.05


def test_a_record_may_not_be_too_long():
    assert trouble(rsa_record("n=" + "x" * 8_192 + "; "))[0] is Result.POLICY


# --- Answers ---------------------------------------------------------------------


def reasons(found: Answer, kind: str = "rsa", digest: str = "sha256") -> tuple[Result, str]:
    with pytest.raises(KeyTrouble) as problem:
        keys_in(found, kind, digest)
    return problem.value.result, str(problem.value)


@pytest.mark.parametrize("status", sorted(FAILED))
def test_a_failed_look_up_may_work_later(status):
    assert reasons(Answer(status))[0] is Result.TEMPERROR


@pytest.mark.parametrize("status", [DnsStatus.NXDOMAIN, DnsStatus.NO_DATA, DnsStatus.BAD_NAME])
def test_a_name_without_a_key_never_works(status):
    assert reasons(Answer(status)) == (Result.PERMERROR, "no key")


def test_a_key_must_fit_the_algorithm():
    assert reasons(answer(rsa_record()), "ed25519") == (Result.PERMERROR, "the key is for rsa")
    assert reasons(answer(rsa_record("h=sha1; "))) == (Result.PERMERROR, "the key is not for sha256")


def test_a_name_may_hold_keys_of_several_kinds_and_other_records():
    found = keys_in(answer(b"v=spf1 -all", ed25519_record(), rsa_record()), "rsa", "sha256")
    assert [key.kind for key in found] == ["rsa"]


def test_no_more_records_are_read_than_the_limit():
    assert reasons(answer(*[b"v=spf1 -all"] * MAX_RECORDS, rsa_record()))[0] is Result.PERMERROR
    assert len(keys_in(answer(*[rsa_record()] * MAX_RECORDS), "rsa", "sha256")) == MAX_KEYS
