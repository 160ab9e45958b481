import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.errors import Impossible
from ecluse.wire.srs import DAY_S, DAYS, MAX_LOCAL_OCTETS, VALID_DAYS, Srs

NOW = 1_795_852_800.0
OURS = Srs("forward.example", b"k" * 16)
NEXT = Srs("next.example", b"n" * 16)
THIRD = Srs("third.example", b"t" * 16)
ANN = Address("ann", "a.example")


def test_a_forwarded_sender_comes_back_to_who_it_was():
    forwarded = OURS.forward(ANN, NOW)
    assert forwarded.local.startswith("SRS0=")
    assert forwarded.domain == "forward.example"
    assert OURS.back(forwarded, NOW + VALID_DAYS * DAY_S) == ANN


def test_of_many_forwarders_the_first_hears_of_the_bounce_and_the_name_does_not_grow():
    first = OURS.forward(ANN, NOW)
    second, third = NEXT.forward(first, NOW), THIRD.forward(NEXT.forward(first, NOW), NOW)
    assert third.local.startswith("SRS1=")
    assert len(third.local) <= len(second.local)
    assert NEXT.back(second, NOW) == first
    assert THIRD.back(third, NOW) == first
    assert OURS.back(THIRD.back(third, NOW), NOW) == ANN


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_case_may_be_lost_on_the_way(change):
    forwarded = OURS.forward(ANN, NOW)
    assert OURS.back(Address(change(forwarded.local), forwarded.domain), NOW).key == ANN.key


@pytest.mark.parametrize("later", [VALID_DAYS + 1, DAYS - 1, -1])
def test_an_old_one_is_none(later):
    with pytest.raises(Impossible):
        OURS.back(OURS.forward(ANN, NOW), NOW + later * DAY_S)


@pytest.mark.parametrize(
    "local",
    ["ann", "SRS0", "SRS0=", "SRS0=aaaaaaaa=aa=a.example=ann", "SRS1=aaaaaaaa=a.example==x=y", "SRS0=1111=aa=b=c"],
)
def test_what_we_have_not_written_goes_to_nobody(local):
    with pytest.raises(Impossible):
        OURS.back(Address(local, "forward.example"), NOW)


@pytest.mark.parametrize("place", ["ann", "a.example", "="])
def test_a_changed_one_is_forged(place):
    for sender, srs in ((ANN, OURS), (OURS.forward(ANN, NOW), NEXT)):
        local = srs.forward(sender, NOW).local
        changed = local.replace(place, "eve" if place != "=" else "=x", 1)
        if changed != local:
            with pytest.raises(Impossible):
                srs.back(Address(changed, srs.domain), NOW)


def test_our_own_sender_stays_and_a_very_long_one_is_said_to_be_too_long():
    assert OURS.forward(Address("x", "forward.example"), NOW) == Address("x", "forward.example")
    with pytest.raises(Impossible):
        OURS.forward(Address("x" * MAX_LOCAL_OCTETS, "a.example"), NOW)


@given(st.text(min_size=1, max_size=64).filter(lambda text: "\n" not in text))
def test_any_local_part_comes_back_or_is_refused(local):
    sender = Address(local, "a.example")
    forwarded = OURS.forward(sender, NOW)
    if forwarded.local.startswith("SRS0=") and forwarded.local.endswith(f"=a.example={local}"):
        assert OURS.back(forwarded, NOW) == sender
