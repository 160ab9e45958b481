"""Signing, with dkimpy as the judge of what we write."""

from __future__ import annotations

import re

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.errors import Impossible
from ecluse.wire.dkim.sign import LINE_OCTETS, load_key
from tests.unit.wire.dkim.keys import ed25519_key, pem, rsa_key, rsa_private, rsa_record
from tests.unit.wire.dkim.mails import MESSAGE, NAMES, outcomes, signed, verified

TEXTS = st.text(alphabet=" \tab:;=\u00e9", max_size=30).map(lambda text: text.encode())
BODIES = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\xe9"]), max_size=30).map(
    lambda parts: b"".join(parts) + b"\r\n"
)


def passes_with_dkimpy(message: bytes, index: int = 0) -> bool:
    return dkim.DKIM(message).verify(index, dnsfunc=lambda _name, timeout: rsa_record())


def test_each_key_writes_one_field_in_order():
    message = signed(MESSAGE, ed25519_key(), rsa_key())
    assert [one.algorithm for one in verified(message)] == ["ed25519-sha256", "rsa-sha256"]
    assert outcomes(message) == [("pass", "")] * 2


@given(subject=TEXTS, body=BODIES)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_dkimpy_and_we_accept_what_we_sign(subject, body):
    message = b"From: a@signer.example\r\nSubject: " + subject + b"\r\n\r\n" + body
    ours = signed(message, rsa_key())
    assert outcomes(ours) == [("pass", "")]
    assert passes_with_dkimpy(ours)


@given(subject=TEXTS, body=BODIES, modes=st.tuples(*[st.sampled_from([b"simple", b"relaxed"])] * 2))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_we_accept_what_dkimpy_signs(subject, body, modes):
    message = b"From: a@signer.example\r\nSubject: " + subject + b"\r\n\r\n" + body
    field = dkim.sign(message, b"r", b"signer.example", pem(rsa_private()), canonicalize=modes, include_headers=NAMES)
    assert outcomes(field + message, now=2**33) == [("pass", "")]


def test_lines_stay_short_and_folding_changes_no_tag():
    names = tuple(b"x-field-number-%d" % number for number in range(40))
    message = b"".join(name + b": y\r\n" for name in names) + MESSAGE
    ours = signed(message, rsa_key(), names=(*NAMES, *names))
    field = ours[: -len(message)]
    assert max(map(len, field.split(b"\r\n"))) <= LINE_OCTETS
    assert re.fullmatch(rb"DKIM-Signature:[^\r\n]+(\r\n[ \t][^\r\n]*[^\r\n \t][^\r\n]*)*\r\n", field)
    assert outcomes(ours) == [("pass", "")]
    assert passes_with_dkimpy(ours)


def test_a_field_is_signed_as_often_as_it_is_there():
    message = MESSAGE.replace(b"To: ", b"Subject: another\r\nTo: ", 1)
    ours = signed(message, rsa_key(), oversigned=frozenset({b"from"}))
    assert b"h=from:from:to:subject:subject:date;" in re.sub(rb"\s", b"", ours)


def test_names_that_are_not_there_are_not_listed():
    # The list alone: any two letters may stand in the signature itself, which is base64.
    (listed,) = re.findall(rb"\bh=([^;]*);", signed(MESSAGE, rsa_key(), names=(*NAMES, b"cc")))
    assert b"cc" not in re.sub(rb"\s", b"", listed).split(b":")


@pytest.mark.parametrize(
    ("message", "names"), [(MESSAGE, (b"to", b"subject")), (b"To: x@y.example\r\n\r\nhi\r\n", NAMES)]
)
def test_from_must_be_there_and_must_be_signed(message, names):
    with pytest.raises(Impossible):
        signed(message, rsa_key(), names=names)


@pytest.mark.parametrize(
    ("domain", "selector", "text"),
    [
        ("signer.example", "r", b"no key"),
        ("signer.example", "r", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        ("no domain", "r", pem(rsa_private())),
        ("signer.example", "r;x=1", pem(rsa_private())),
    ],
)
def test_what_is_no_key_is_refused(domain, selector, text):
    with pytest.raises(Impossible):
        load_key(domain, selector, text)
