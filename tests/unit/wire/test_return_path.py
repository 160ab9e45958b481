"""Signed return paths: read back for a week, and nobody else makes one."""

from __future__ import annotations

import pytest

from ecluse.domain.address import Address
from ecluse.wire.return_path import DAY_S, MAX_LOCAL, VALID_DAYS, ReturnPath, can_be_signed, is_signed

NOW = 1_795_852_800.0
OURS, OTHERS = ReturnPath(b"a" * 32), ReturnPath(b"b" * 32)
ANN = Address("Ann", "a.example")


def test_a_signed_sender_is_read_back_for_a_week():
    signed = OURS.signed(ANN, NOW)
    assert (signed.domain, signed.local[:6]) == ("a.example", "prvs=0")
    assert OURS.read(signed, NOW) == OURS.read(signed, NOW + VALID_DAYS * DAY_S) == ANN
    assert OURS.read(Address(signed.local.upper(), "a.example"), NOW).key == ANN.key


def test_one_that_is_signed_is_not_signed_again():
    signed = OURS.signed(ANN, NOW)
    assert OURS.signed(signed, NOW) == signed


@pytest.mark.parametrize("later", [VALID_DAYS + 1, 900, -400])
def test_an_old_one_is_none(later):
    assert OURS.read(OURS.signed(ANN, NOW), NOW + later * DAY_S) is None


def test_another_address_domain_day_or_secret_is_forged():
    signed = OURS.signed(ANN, NOW)
    for changed in (
        Address(signed.local.replace("Ann", "Eve"), "a.example"),
        Address(signed.local, "b.example"),
        Address(OURS.signed(ANN, NOW + DAY_S).local[:9] + signed.local[9:], "a.example"),
        OTHERS.signed(ANN, NOW),
    ):
        assert is_signed(changed)
        assert OURS.read(changed, NOW) is None


@pytest.mark.parametrize("local", ["ann", "prvs=", "prvs=0234=ann", "prvs=x000aaaaaa=ann", "bounce+prvs=0000aaaaaa=x"])
def test_other_addresses_are_nobodys_return_path(local):
    assert not is_signed(Address(local, "a.example"))
    assert OURS.read(Address(local, "a.example"), NOW) is None


@pytest.mark.parametrize(
    ("local", "can"), [("a" * MAX_LOCAL, True), ("a" * (MAX_LOCAL + 1), False), ('"ann lee"', False)]
)
def test_what_would_be_too_long_or_stands_in_quotes_stays_as_it_is(local, can):
    address = Address(local, "a.example")
    assert can_be_signed(address) is can
    assert (OURS.signed(address, NOW) != address) is can
    assert len(OURS.signed(address, NOW).local) <= 64
