"""What a destination remembers of its messages, without any delivery."""

from __future__ import annotations

from ecluse.mta.delivery.destination import Destination, Turns, Waiting
from tests.cpu import cpu


def destination(**entries):
    made = Destination("a.example", window=10)
    for name, entry in entries.items():
        made.put(name, entry)
    return made


def test_what_is_due_comes_in_the_order_of_its_time():
    made = destination(late=Waiting(30.0), first=Waiting(10.0), second=Waiting(20.0))
    assert made.take_due(25.0, 5) == ["first", "second"]


def test_no_more_are_taken_than_may_be_under_way():
    made = destination(a=Waiting(1.0), b=Waiting(2.0), c=Waiting(3.0))
    assert made.take_due(5.0, 2) == ["a", "b"]
    assert made.take_due(5.0, 2) == ["c"]
    assert made.take_due(5.0, -1) == []


def test_there_is_nothing_to_do_until_a_message_is_due_or_its_time_is_over():
    made = destination(a=Waiting(20.0, expires_at=10.0), b=Waiting(5.0))
    assert made.is_idle(4.0)
    assert not made.is_idle(5.0)
    assert made.take_due(5.0, 5) == ["b"]
    assert made.is_idle(9.0)
    assert not made.is_idle(10.0)
    assert made.take_expired(10.0, 5) == ["a"]
    assert made.is_idle(19.0)
    assert not made.is_idle(20.0)


def test_the_last_word_about_a_message_counts_once():
    made = destination(a=Waiting(1.0))
    made.put("a", Waiting(50.0))
    made.put("a", Waiting(2.0))
    assert made.take_due(10.0, 5) == ["a"]
    assert made.take_due(100.0, 5) == []


def test_what_is_gone_or_under_way_is_not_taken():
    made = destination(gone=Waiting(1.0), active=Waiting(1.0), free=Waiting(1.0))
    del made.waiting["gone"]
    made.active.add("active")
    assert made.take_due(10.0, 5) == ["free"]
    assert made.take_any(5) == ["free"]


def test_after_a_fault_a_message_rests_whatever_its_times_say():
    made = destination(a=Waiting(1.0, expires_at=2.0, rests_until=60.0))
    made.wake(59.0)
    assert made.take_due(1e9, 5) == made.take_expired(1e9, 5) == made.take_any(5) == []
    made.wake(60.0)
    assert made.take_due(1.0, 5) == made.take_expired(2.0, 5) == made.take_any(5) == ["a"]


def test_a_message_that_was_due_before_its_rest_rests_nevertheless():
    made = destination(a=Waiting(1.0, expires_at=2.0))
    made.put("a", Waiting(1.0, expires_at=2.0, rests_until=60.0))
    assert made.take_due(1e9, 5) == made.take_expired(1e9, 5) == []
    made.wake(60.0)
    assert made.take_due(1e9, 5) == made.take_expired(1e9, 5) == ["a"]


def test_a_message_that_is_probed_when_its_time_is_over_expires_afterwards():
    made = destination(a=Waiting(1.0, expires_at=5.0))
    made.active.add("a")
    assert made.take_expired(6.0, 5) == []
    made.active.clear()
    assert made.take_expired(6.0, 5) == ["a"]


def test_only_messages_with_an_end_expire():
    made = destination(outbound=Waiting(1.0, expires_at=5.0), inbound=Waiting(1.0))
    assert made.take_expired(4.0, 5) == []
    assert made.take_expired(1e12, 5) == ["outbound"]


def test_after_an_outage_all_is_due_at_once_and_keeps_its_order():
    made = destination(b=Waiting(300.0), a=Waiting(2.0), resting=Waiting(1.0, rests_until=60.0))
    made.make_due(10.0)
    assert made.take_due(10.0, 5) == ["a", "b"]
    assert made.waiting["b"].next_attempt == 10.0


def test_a_hundred_thousand_messages_are_no_burden():
    """Each finished attempt looks for the next one: that may not walk over all of them."""
    made = Destination("a.example", window=10)
    with cpu() as spent:
        for number in range(100_000):
            made.put(str(number), Waiting(float(number)))
        for _ in range(100_000):
            (taken,) = made.take_due(1e9, 1)
            del made.waiting[taken]
    assert spent.seconds < 3.0


def test_clients_are_served_in_turn_however_much_one_of_them_has_waiting():
    made = destination(**{f"a{number}": Waiting(float(number), client="a") for number in range(1_000)})
    made.put("b0", Waiting(5_000.0, client="b"))
    made.put("b1", Waiting(5_001.0, client="b"))
    assert made.take_due(1e9, 4) == ["a0", "b0", "a1", "b1"]


def test_a_turn_is_one_over_all_destinations():
    turns = Turns()
    first, second = (Destination(name, 10, turns=turns) for name in ("x.example", "y.example"))
    for made in (first, second):
        made.put("a", Waiting(1.0, client="a"))
        made.put("b", Waiting(1.0, client="b"))
    assert first.take_due(9.0, 1) + second.take_due(9.0, 1) == ["a", "b"]
    assert second.turn(9.0) < first.turn(9.0)


def test_a_client_without_a_share_left_keeps_nobody_else_waiting():
    made = destination(a=Waiting(1.0, client="a"), b=Waiting(2.0, client="b"))
    assert made.take_due(9.0, 5, lambda client: client != "a") == ["b"]
    assert made.take_due(9.0, 5) == ["a"]


def test_silence_makes_rests_longer_up_to_half_an_hour():
    made, rests = destination(), []
    for _ in range(9):
        made.keep_silent(0.0, 0.0)
        rests.append(made.rests_until)
    assert rests[:3] == [30.0, 60.0, 120.0]
    assert rests[-1] == 1_800.0
    assert made.window == 1
