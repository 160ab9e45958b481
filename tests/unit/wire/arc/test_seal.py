"""Sealing, with dkimpy as the judge of what we write."""

from __future__ import annotations

import re

import dkim
import pytest

from ecluse.domain.errors import Impossible
from ecluse.wire.arc.chain import Validity
from tests.unit.wire.arc.hops import chain_of, fields, hopped, validated
from tests.unit.wire.dkim.keys import rsa_key, rsa_record
from tests.unit.wire.dkim.mails import MESSAGE, NOW

ONE = hopped(MESSAGE, 1)
KEY = rsa_key("hop2.example")


def compact(field: bytes) -> bytes:
    return re.sub(rb"\s+", b"", field)


def test_three_fields_go_on_top_in_order():
    seal, signature, results = fields(ONE, KEY, Validity.PASS)
    assert compact(seal).startswith(b"ARC-Seal:i=2;a=rsa-sha256;t=%d;cv=pass;d=hop2.example;s=r;b=" % NOW)
    assert compact(signature).startswith(b"ARC-Message-Signature:i=2;a=rsa-sha256;c=relaxed/relaxed;d=hop2.example;")
    assert b"h=from:to:subject:date;" in compact(signature)
    assert results == b"ARC-Authentication-Results: i=2; mx.hop.example;\r\n\tspf=pass;\r\n\tdkim=none\r\n"


def test_results_cannot_end_the_field():
    results = fields(MESSAGE, KEY, Validity.NONE, results=b"spf=pass\r\nX-Evil: yes\r\n\r\nbody;;")[2]
    assert results == b"ARC-Authentication-Results: i=1; mx.hop.example;\r\n\tspf=pass X-Evil: yes body\r\n"


@pytest.mark.parametrize("hops", [1, 2, 4])
def test_dkimpy_accepts_our_chains(hops):
    cv, sets, reason = dkim.arc_verify(hopped(MESSAGE, hops), dnsfunc=lambda _name, timeout: rsa_record())
    assert (cv, len(sets)) == (b"pass", hops), reason


def test_a_failed_chain_is_sealed_as_if_it_were_not_there():
    broken = ONE.replace(b"Dear Bob", b"Dear Eve")
    ours = fields(broken, KEY, Validity.FAIL)
    sealed = b"".join(ours) + broken
    assert (chain_of(sealed).highest, validated(sealed).reason) == (2, "i=2: cv=fail")
    other = ONE.replace(b"Dear Bob", b"Dear Eve").replace(b"spf=pass", b"spf=fail")
    assert fields(other, KEY, Validity.FAIL) == ours


def test_nothing_is_added_after_a_hop_that_said_fail():
    broken = ONE.replace(b"Dear Bob", b"Dear Eve")
    sealed = b"".join(fields(broken, KEY, Validity.FAIL)) + broken
    assert fields(sealed, KEY, Validity.FAIL) == ()


def test_nothing_is_added_after_fifty_hops():
    many = b"".join(b"ARC-Authentication-Results: i=%d; x\r\n" % at for at in range(1, 51)) + MESSAGE
    assert fields(many, KEY, Validity.FAIL) == ()


@pytest.mark.parametrize(
    ("message", "cv"),
    [
        (MESSAGE, Validity.PASS),
        (ONE, Validity.NONE),
        (ONE.replace(b"cv=none", b"cv=pass"), Validity.PASS),
    ],
)
def test_a_validity_that_the_chain_cannot_have_is_not_sealed(message, cv):
    with pytest.raises(Impossible):
        fields(message, KEY, cv)
