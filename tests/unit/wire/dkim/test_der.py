"""RSA public keys in DER."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.dkim.der import BadDer, rsa_numbers
from tests.unit.wire.dkim.keys import element, pkcs1, rsa_private, spki


def test_both_forms_of_a_key_are_read():
    numbers = rsa_private().public_key().public_numbers()
    assert rsa_numbers(spki(rsa_private())) == (numbers.n, numbers.e)
    assert rsa_numbers(pkcs1(numbers.n, numbers.e)) == (numbers.n, numbers.e)


@given(modulus=st.integers(1, 2**600), exponent=st.integers(1, 2**80))
@settings(derandomize=True, deadline=None)
def test_numbers_of_any_size_are_read_back(modulus, exponent):
    assert rsa_numbers(pkcs1(modulus, exponent)) == (modulus, exponent)


@given(st.data())
@settings(derandomize=True, deadline=None)
def test_a_cut_key_is_no_key(data):
    whole = spki(rsa_private())
    with pytest.raises(BadDer):
        rsa_numbers(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x80",
        b"\x30\x84\x00\x00\x00\x01\x02",
        pkcs1(2**1023) + b"\0",
        element(0x30, b"\x02\x01\x07"),
        element(0x30, b"\x02\x01\x07\x02\x01\x03\x02\x01\x03"),
        element(0x30, b"\x04\x01\x07\x02\x01\x03"),
    ],
)
def test_what_is_no_key_is_refused(data):
    with pytest.raises(BadDer):
        rsa_numbers(data)


@given(st.binary(max_size=60))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_octets_are_read_or_refused(data):
    try:
        rsa_numbers(data)
    except BadDer:
        return
