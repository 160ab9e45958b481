"""What every store of locks promises."""

from dataclasses import replace

from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.ports.locks import Locks

NOW = 1_764_000_000.0
ANN = Lock("1", LockScope.ACCOUNT, "A", "ann@a.example", LockCause.RECIPIENTS, NOW, reason="501 recipients")


def stops(locks, client="A", account="ann@a.example", ip="192.0.2.1", now=NOW):
    lock = locks.find(client, account, ip, now)
    return lock and lock.id


class LocksContract:
    """An adapter joins by one subclass that gives `locks`, empty."""

    def test_at_first_everybody_may_send(self, locks: Locks):
        assert stops(locks) is None
        assert list(locks.all()) == []

    def test_a_lock_stops_its_account_and_nobody_else(self, locks: Locks):
        locks.put(ANN)
        assert locks.find("A", "ann@a.example", "192.0.2.1", NOW) == ANN
        assert stops(locks, account="bob@a.example") is None
        assert stops(locks, client="B") is None

    def test_an_address_is_locked_for_one_client(self, locks: Locks):
        locks.put(replace(ANN, scope=LockScope.IP, name="192.0.2.1"))
        assert stops(locks, account="bob@a.example") == "1"
        assert stops(locks, ip="192.0.2.2") is None
        assert stops(locks, client="B") is None

    def test_a_locked_client_sends_nothing(self, locks: Locks):
        locks.put(replace(ANN, scope=LockScope.CLIENT, name=""))
        assert stops(locks, account="bob@a.example", ip="192.0.2.9") == "1"

    def test_the_narrowest_lock_is_told(self, locks: Locks):
        locks.put(replace(ANN, id="2", scope=LockScope.CLIENT, name=""))
        locks.put(ANN)
        assert stops(locks) == "1"

    def test_what_has_ended_or_was_lifted_stops_nobody_and_is_remembered(self, locks: Locks):
        locks.put(replace(ANN, until=NOW + 60))
        assert stops(locks, now=NOW + 59) == "1"
        assert stops(locks, now=NOW + 60) is None
        locks.put(replace(ANN, lifted_at=NOW + 5))
        assert stops(locks, now=NOW + 6) is None
        assert locks.of(LockScope.ACCOUNT, "A", "ann@a.example") == replace(ANN, lifted_at=NOW + 5)

    def test_what_is_forgotten_is_gone(self, locks: Locks):
        locks.put(ANN)
        locks.forget(ANN)
        locks.forget(ANN)
        assert list(locks.all()) == []

    def test_of_two_that_lock_the_same_the_first_counts(self, locks: Locks):
        second = replace(ANN, id="2", since=NOW + 1)
        assert locks.add(ANN, NOW) is ANN
        assert locks.add(second, NOW + 1) == ANN
        assert list(locks.all()) == [ANN]
        locks.put(replace(ANN, lifted_at=NOW + 0.5))
        assert locks.add(second, NOW + 1) is second
        assert list(locks.all()) == [second]

    def test_a_lock_that_ends_by_itself_gives_way_to_one_that_does_not(self, locks: Locks):
        locks.add(replace(ANN, id="2", until=NOW + 60), NOW)
        assert locks.add(ANN, NOW) is ANN
        assert stops(locks, now=NOW + 61) == "1"
