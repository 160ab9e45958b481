"""Whose mail leaves with a signed return path, and which bounces are taken then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.domain.address import Address
from ecluse.domain.incoming import Direction
from ecluse.domain.policy import Policy, Route
from ecluse.domain.published import PublishedPolicy
from ecluse.mta.return_paths import ReturnPaths
from ecluse.wire.return_path import DAY_S, VALID_DAYS
from tests.unit.entrypoints.cli.conftest import QUEUED

NOW = 1_795_852_800.0
ROUTES = (Route("192.0.2.1"),)
SIGNS = Policy("one", "signs.example", ROUTES, signs_return_path=True)
SECOND = Policy("two", "second.example", ROUTES, signs_return_path=True)
PLAIN = Policy("two", "plain.example", ROUTES)
INBOUND_ALONE = Policy("three", "in.example", ROUTES, signs_return_path=True, sends_outbound=False)
OUTBOUND_ALONE = Policy("four", "out.example", ROUTES, signs_return_path=True, receives_inbound=False)
ANN = Address("ann", "signs.example")


@pytest.fixture
def paths(tmp_path):
    publish(tmp_path / "policy", PublishedPolicy((SIGNS, SECOND, PLAIN, INBOUND_ALONE, OUTBOUND_ALONE), (), ()))
    return ReturnPaths(LmdbPolicies(tmp_path / "policy"), b"k" * 32, lambda: NOW)


def sent(paths, sender):
    return paths.sign(replace(QUEUED, direction=Direction.OUTBOUND, sender=sender)).sender


def test_the_clients_that_want_it_send_with_it_and_their_bounces_come_home(paths):
    signed = sent(paths, ANN)
    assert signed != ANN
    assert paths.home_of(signed, SIGNS, is_bounce=True) == ANN
    assert paths.home_of(signed, SIGNS, is_bounce=False) == ANN  # Vacation notices, and who asks whether it exists.


@pytest.mark.parametrize(
    "sender",
    [
        None,
        Address("ann", "plain.example"),
        Address("ann", "in.example"),
        Address("ann", "nowhere.example"),
        Address("ann", "web.signs.example"),  # No domain of ours: its bounces go to its own MX.
        Address("ann", "out.example"),  # Likewise.
    ],
)
def test_everybody_elses_sender_stays(paths, sender):
    assert sent(paths, sender) == sender


def test_a_bounce_of_what_was_not_sent_is_none_of_ours(paths):
    forged = Address("prvs=0123abcdef=ann", "signs.example")
    for address in (ANN, forged):
        assert paths.home_of(address, SIGNS, is_bounce=True) is None
        assert paths.home_of(address, SIGNS, is_bounce=False) == address
    late = replace(paths, clock=lambda: NOW + (VALID_DAYS + 1) * DAY_S)
    assert late.home_of(sent(paths, ANN), SIGNS, is_bounce=True) is None


def test_a_bounce_to_what_could_not_be_signed_is_taken(paths):
    long = Address("a" * 60, "signs.example")
    assert sent(paths, long) == long
    assert paths.home_of(long, SIGNS, is_bounce=True) == long


def test_who_wants_none_any_more_still_gets_the_bounces_of_before(paths):
    unsigned = replace(SIGNS, signs_return_path=False)
    assert paths.home_of(sent(paths, ANN), unsigned, is_bounce=True) == ANN
    assert paths.home_of(ANN, unsigned, is_bounce=True) == ANN


@pytest.mark.parametrize(
    "sender", [Address("bob", "far.example"), Address("ann", "second.example"), Address("x", "b.c")]
)
def test_what_a_client_forwards_leaves_in_its_name_and_bounces_go_on_to_who_wrote_it(paths, sender):
    forwarded = replace(QUEUED, client="one", direction=Direction.OUTBOUND, sender=sender, rewrites_in="signs.example")
    rewritten = paths.sign(forwarded).sender
    assert rewritten.domain == "signs.example"
    assert rewritten.local.startswith("SRS0=")
    assert paths.is_of_forwarded(rewritten)
    assert paths.sender_of_forwarded(rewritten, SIGNS) == sender
    assert paths.sender_of_forwarded(rewritten, SECOND) is None
    assert paths.sign(replace(forwarded, sender=None)).sender is None
    assert not replace(paths, node_key=b"").is_of_forwarded(rewritten)


def test_each_client_has_its_own_secret(paths):
    signed = sent(paths, Address("ann", "second.example"))
    assert paths.home_of(signed, replace(SECOND, client="one"), is_bounce=True) is None


def test_without_a_node_key_nothing_is_signed_and_nothing_refused(paths):
    without = replace(paths, node_key=b"")
    assert sent(without, ANN) == ANN
    assert without.home_of(ANN, SIGNS, is_bounce=True) == ANN
