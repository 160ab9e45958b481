"""Which addresses lie in the Internet."""

from __future__ import annotations

import pytest

from ecluse.domain.public_address import is_public_address


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450::1", "::ffff:8.8.8.8"])
def test_the_internet_is_public(address):
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "ff0e::1", "::", "::1", "fe80::1%eth0", "fd00::1",
     "64:ff9b::a00:1", "64:ff9b:1::1", "::a00:1", "2002:a00:1::1", "::ffff:10.0.0.1", "::ffff:224.0.0.1"],
)  # fmt: skip
def test_an_inner_address_is_none_in_any_form(address):
    assert not is_public_address(address)


def test_a_name_is_no_address():
    with pytest.raises(ValueError, match="example"):
        is_public_address("mx.one.example")
