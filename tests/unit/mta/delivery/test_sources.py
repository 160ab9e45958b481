"""Which of our addresses a message leaves from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.exchanges import Exchange, NoExchange
from ecluse.mta.delivery.source import Source
from ecluse.mta.delivery.sources import NO_SOURCE, WATCHED_FOR_S, Sources, Tier

NOW = 1_764_000_000.0
GOOD = tuple(Source(f"192.0.2.{number}", f"out{number}.test") for number in (1, 2))
GOOD_V6 = Source("2001:db8::1", "out1.test")
WATCHED = Source("192.0.2.8", "new.test")
NOTICES = Source("192.0.2.9", "notices.test")
POOLS = {Tier.GOOD: (*GOOD, GOOD_V6), Tier.WATCHED: (WATCHED,), Tier.NOTICES: (NOTICES,)}
EXCHANGES = (Exchange("mx.b.test", 25, address="2001:db8::25"), Exchange("mx.b.test", 25, address="198.51.100.25"))
MESSAGE = QueuedMessage(
    id="m1",
    direction=Direction.OUTBOUND,
    client="A",
    destination="b.test",
    received_at=NOW,
    queued_at=NOW,
    sender=Address("ann", "a.test"),
    is_sender_authenticated=True,
    recipients=(QueuedRecipient(Address("bob", "b.test")),),
    account="ann@a.test",
)
ACCOUNT = Lock("1", LockScope.ACCOUNT, "A", "ann@a.test", LockCause.BURST, NOW, lifted_at=NOW + 60)


class Locked:
    """The locks that are remembered."""

    def __init__(self, *locks):
        self.locks = {lock.key: lock for lock in locks}

    def of(self, scope, client, name):
        return self.locks.get((scope.value, client, name))


def sources(*locks, pools=POOLS, now=NOW + 3_600):
    return Sources(pools, Locked(*locks), clock=lambda: now)


@pytest.mark.parametrize(
    ("locks", "message", "wanted"),
    [
        ((), MESSAGE, Tier.GOOD),
        ((), replace(MESSAGE, sender=None), Tier.NOTICES),
        ((ACCOUNT,), MESSAGE, Tier.WATCHED),
        ((ACCOUNT,), replace(MESSAGE, account="bob@a.test"), Tier.GOOD),
        ((replace(ACCOUNT, scope=LockScope.CLIENT, name=""),), replace(MESSAGE, account="bob@a.test"), Tier.WATCHED),
        ((replace(ACCOUNT, scope=LockScope.IP, name="192.0.2.77"),), replace(MESSAGE, ip="192.0.2.77"), Tier.WATCHED),
        ((replace(ACCOUNT, scope=LockScope.IP, name="192.0.2.77"),), MESSAGE, Tier.GOOD),
        ((), replace(MESSAGE, is_of_newcomer=True), Tier.WATCHED),
        ((replace(ACCOUNT, times=0),), MESSAGE, Tier.GOOD),  # "It was us."
    ],
)
def test_a_message_goes_by_what_its_sender_has_done(locks, message, wanted):
    assert sources(*locks).tier(message) is wanted


def test_a_lock_is_remembered_for_two_weeks():
    assert sources(ACCOUNT, now=NOW + WATCHED_FOR_S - 1).tier(MESSAGE) is Tier.WATCHED
    assert sources(ACCOUNT, now=NOW + WATCHED_FOR_S).tier(MESSAGE) is Tier.GOOD


def test_each_server_is_connected_to_from_an_address_of_its_family():
    six, four = sources().bind(MESSAGE, EXCHANGES)
    assert six == replace(EXCHANGES[0], source=GOOD_V6)
    assert four.source in GOOD


def test_a_clients_mail_for_a_domain_keeps_to_one_address_and_all_are_used():
    [_, first] = sources().bind(MESSAGE, EXCHANGES)
    [_, again] = sources().bind(replace(MESSAGE, id="m2"), EXCHANGES)
    assert first.source == again.source
    others = (replace(MESSAGE, client=f"client{number}") for number in range(20))
    assert {sources().bind(other, EXCHANGES)[1].source for other in others} == set(GOOD)


def test_servers_that_no_address_of_the_tier_leads_to_are_left_out():
    assert [each.address for each in sources(ACCOUNT).bind(MESSAGE, EXCHANGES)] == ["198.51.100.25"]
    with pytest.raises(NoExchange) as caught:
        sources(ACCOUNT).bind(MESSAGE, EXCHANGES[:1])
    assert caught.value.reply == NO_SOURCE


def test_a_tier_without_addresses_uses_those_of_good_mail():
    only_good = {Tier.GOOD: GOOD, Tier.WATCHED: (), Tier.NOTICES: ()}
    [bound] = sources(ACCOUNT, pools=only_good).bind(MESSAGE, EXCHANGES)
    assert bound.source in GOOD


def test_no_lock_is_asked_for_where_none_makes_a_difference():
    [bound] = Sources({Tier.GOOD: GOOD}, locks=None).bind(MESSAGE, EXCHANGES)
    assert bound.source in GOOD
