import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.wire.srs import DAY_S, DAYS, MAX_LOCAL_OCTETS, VALID_DAYS, Srs, can_be_rewritten, is_rewritten

NOW = 1_795_852_800.0
OURS, NEXT, THIRD = (Srs(letter * 16) for letter in (b"k", b"n", b"t"))
ANN = Address("ann", "a.example")


def forward(sender, srs=OURS, domain="forward.example"):
    return srs.rewritten(sender, domain, NOW)


def test_a_forwarded_sender_comes_back_to_who_it_was():
    forwarded = forward(ANN)
    assert forwarded.local.startswith("SRS0=")
    assert forwarded.local.endswith("=a.example=ann")
    assert forwarded.domain == "forward.example"
    assert is_rewritten(forwarded)
    assert OURS.read(forwarded, NOW + VALID_DAYS * DAY_S) == ANN


def test_of_many_forwarders_the_first_hears_of_the_bounce_and_the_name_does_not_grow():
    first = forward(ANN)
    second = forward(first, NEXT, "next.example")
    third = forward(second, THIRD, "third.example")
    assert third.local.startswith("SRS1=")
    assert is_rewritten(third)
    assert len(third.local) <= len(second.local)
    assert NEXT.read(second, NOW) == first
    assert THIRD.read(third, NOW) == first
    assert OURS.read(THIRD.read(third, NOW), NOW) == ANN


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_case_may_be_lost_on_the_way(change):
    forwarded = forward(ANN)
    assert OURS.read(Address(change(forwarded.local), forwarded.domain), NOW).key == ANN.key


@pytest.mark.parametrize("later", [VALID_DAYS + 1, DAYS - 1, -1])
def test_an_old_one_is_none(later):
    assert OURS.read(forward(ANN), NOW + later * DAY_S) is None


@pytest.mark.parametrize(
    ("local", "is_of_the_form"),
    [
        ("ann", False),
        ("SRS0", False),
        ("SRS0=", False),
        ("SRS0=1111=aa=b=c", False),  # As postsrsd writes it: the client's own server may.
        ("SRS0=aaaaaaaa=aa=a.example=ann", True),
        ("SRS1=aaaaaaaa=a.example==x=y", True),
    ],
)
def test_what_we_have_not_written_goes_to_nobody(local, is_of_the_form):
    address = Address(local, "forward.example")
    assert is_rewritten(address) is is_of_the_form
    assert OURS.read(address, NOW) is None


@pytest.mark.parametrize(("sender", "srs"), [(ANN, OURS), (forward(ANN), NEXT)], ids=["first", "later"])
def test_a_changed_one_is_forged(sender, srs):
    local = forward(sender, srs, "next.example").local
    assert srs.read(Address(local, "next.example"), NOW) is not None
    for part, other in (("ann", "eve"), ("a.example", "b.example"), ("=ann", "==ann")):
        assert part in local
        assert srs.read(Address(local.replace(part, other, 1), "next.example"), NOW) is None
    assert THIRD.read(Address(local, "next.example"), NOW) is None


@pytest.mark.parametrize(
    "sender",
    [
        Address("x" * MAX_LOCAL_OCTETS, "a.example"),
        Address("é" * 120, "a.example"),
        Address('"a b"', "a.example"),
        Address("ann", "[192.0.2.1]"),
        Address("ann", ""),
    ],
)
def test_what_cannot_be_rewritten_is_known_before_and_stays(sender):
    assert not can_be_rewritten(sender)
    assert forward(sender) == sender


def test_a_sender_of_the_domain_itself_stays():
    own = Address("x", "forward.example")
    assert forward(own) == own


@given(st.text(min_size=1, max_size=64).filter(lambda text: "\n" not in text))
def test_any_local_part_comes_back_or_stays(local):
    sender = Address(local, "a.example")
    forwarded = forward(sender)
    if forwarded.local.startswith("SRS0=") and forwarded.local.endswith(f"=a.example={local}"):
        assert OURS.read(forwarded, NOW) == sender
    else:
        assert forwarded == sender or local.upper().startswith("SRS")


def test_letters_that_fold_to_ours_are_no_letters_of_ours():
    assert not is_rewritten(Address("SRS0=aaaaaaaa=\u017fa=a.example=ann", "forward.example"))
