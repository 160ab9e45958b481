import pytest

from ecluse.domain.address import Address
from ecluse.domain.errors import Impossible
from ecluse.wire.return_path import DAY_S, VALID_DAYS, ReturnPath

NOW = 1_795_852_800.0
OLD, NEW = ReturnPath((b"a" * 16,)), ReturnPath((b"a" * 16, b"b" * 16))
ANN = Address("Ann", "a.example")


def test_a_signed_sender_is_read_back_for_a_week():
    signed = NEW.signed(ANN, NOW)
    assert (signed.domain, signed.local[:6]) == ("a.example", "prvs=1")
    assert NEW.read(signed, NOW) == NEW.read(signed, NOW + VALID_DAYS * DAY_S) == ANN
    assert NEW.read(Address(signed.local.upper(), "a.example"), NOW).key == ANN.key


def test_one_that_is_signed_is_not_signed_again():
    signed = NEW.signed(ANN, NOW)
    assert NEW.signed(signed, NOW) == signed


def test_what_was_signed_before_the_secret_changed_still_counts_and_not_the_reverse():
    assert NEW.read(OLD.signed(ANN, NOW), NOW) == ANN
    with pytest.raises(Impossible):
        OLD.read(NEW.signed(ANN, NOW), NOW)


@pytest.mark.parametrize("later", [VALID_DAYS + 1, 900, -400])
def test_an_old_one_is_none(later):
    with pytest.raises(Impossible, match="expired"):
        NEW.read(NEW.signed(ANN, NOW), NOW + later * DAY_S)


def test_another_address_or_domain_is_forged():
    signed = NEW.signed(ANN, NOW)
    for changed in (
        Address(signed.local.replace("Ann", "Eve"), "a.example"),
        Address(signed.local, "b.example"),
        Address(signed.local.replace("prvs=1", "prvs=0"), "a.example"),
    ):
        with pytest.raises(Impossible, match="forged"):
            NEW.read(changed, NOW)


@pytest.mark.parametrize("local", ["ann", "prvs=", "prvs=1234=ann", "prvs=x000aaaaaa=ann", "bounce+prvs=1000aaaaaa=x"])
def test_other_addresses_are_nobodys_return_path(local):
    assert NEW.read(Address(local, "a.example"), NOW) is None
