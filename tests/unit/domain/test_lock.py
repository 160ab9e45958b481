from dataclasses import replace

from ecluse.domain.lock import FIRST_LOCK_S, FORGOTTEN_AFTER_S, Lock, LockCause, LockScope, burst_lock

NOW = 1_764_000_000.0
NEW = Lock("1", LockScope.ACCOUNT, "A", "ann@a.example", LockCause.BURST, NOW)


def test_a_first_burst_locks_for_four_hours():
    lock = burst_lock(NEW, None)
    assert (lock.until, lock.times) == (NOW + FIRST_LOCK_S, 1)
    assert lock.is_in_force(NOW + FIRST_LOCK_S - 1)
    assert not lock.is_in_force(NOW + FIRST_LOCK_S)


def test_a_second_one_locks_until_somebody_unlocks():
    lock = burst_lock(replace(NEW, since=NOW + 86_400), burst_lock(NEW, None))
    assert (lock.until, lock.times) == (0.0, 2)


def test_a_burst_long_after_the_last_is_a_first_one():
    assert burst_lock(replace(NEW, since=NOW + FORGOTTEN_AFTER_S), burst_lock(NEW, None)).until


def test_a_lock_that_was_a_mistake_does_not_count():
    """Who unlocks with "it was us" sets its times to 0."""
    mistake = replace(burst_lock(NEW, None), lifted_at=NOW + 60, times=0)
    assert burst_lock(replace(NEW, since=NOW + 3_600), mistake).times == 1


def test_a_lock_for_another_cause_does_not_count():
    assert burst_lock(NEW, replace(NEW, cause=LockCause.RECIPIENTS)).times == 1


def test_a_new_lock_is_needless_while_one_holds_that_ends_no_sooner():
    first, order = burst_lock(NEW, None), replace(NEW, id="3")
    later = replace(first, id="2", since=NOW + 1, until=first.until + 1)
    assert first.makes_needless(later, NOW + 1)
    assert order.makes_needless(later, NOW + 1)
    assert not first.makes_needless(replace(order, since=NOW + 1), NOW + 1)
    assert not replace(first, lifted_at=NOW + 1).makes_needless(later, NOW + 1)
    assert replace(first, lifted_at=NOW + 1).makes_needless(first, NOW + 1)  # It is not revived.


def test_a_lock_that_has_ended_or_ends_sooner_makes_none_needless():
    first = burst_lock(NEW, None)
    longer = replace(first, id="2", since=NOW + 1, until=first.until + 3_600)
    assert not first.makes_needless(longer, NOW + 1)
    assert longer.makes_needless(first, NOW + 1)
    # Of an order that comes late the beginning is past.
    assert not first.makes_needless(replace(first, id="3"), first.until)


def test_a_lifted_lock_stops_nobody():
    assert not replace(NEW, lifted_at=NOW + 1).is_in_force(NOW + 2)
