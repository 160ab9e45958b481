"""What every memory of senders promises."""

import time
from collections.abc import Callable

import pytest

from ecluse.domain.history import Kind, Memory, Sighting
from ecluse.ports.counters import Counters
from tests.cpu import cpu

AT = float(int(time.time()))  # What is older than a year would be tidied away.
NETWORK = Sighting(Kind.NETWORK, "192.0.2.0/24", AT, good=1.0)


def eventually(is_so: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class CountersContract:
    """An adapter joins by one subclass that gives `counters`, empty."""

    def test_at_first_nobody_is_known(self, counters: Counters):
        assert counters.find(Kind.NETWORK, "192.0.2.0/24") is None

    def test_what_is_noted_is_found_soon(self, counters: Counters):
        counters.note((NETWORK, Sighting(Kind.PAIR, "a\0b", AT + 5, bad=2.0)))
        eventually(lambda: counters.find(Kind.PAIR, "a\0b") is not None)
        assert counters.find(Kind.NETWORK, "192.0.2.0/24") == Memory(AT, AT, 1.0, 0.0)
        assert counters.find(Kind.PAIR, "a\0b") == Memory(AT + 5, AT + 5, 0.0, 2.0)

    def test_many_names_are_found_at_once_in_their_order(self, counters: Counters):
        counters.note((Sighting(Kind.NETWORK, "b", AT, good=2.0),))
        eventually(lambda: counters.find(Kind.NETWORK, "b") is not None)
        nobody, somebody, again = counters.find_each(Kind.NETWORK, ("a", "b", "a"))
        assert (nobody, again) == (None, None)
        assert somebody == counters.find(Kind.NETWORK, "b")
        assert counters.find_each(Kind.NETWORK, ()) == ()

    def test_one_name_of_two_kinds_is_two_memories(self, counters: Counters):
        counters.note((Sighting(Kind.SENDER_DOMAIN, "a.example", AT, good=1.0),))
        eventually(lambda: counters.find(Kind.SENDER_DOMAIN, "a.example") is not None)
        assert counters.find(Kind.DKIM_DOMAIN, "a.example") is None

    def test_sightings_add_up_and_the_first_is_kept(self, counters: Counters):
        counters.note((NETWORK,))
        counters.note((Sighting(Kind.NETWORK, "192.0.2.0/24", AT + 1, bad=1.0),))
        eventually(lambda: (counters.find(Kind.NETWORK, "192.0.2.0/24") or Memory(0, 0, 0, 0)).bad == 1.0)
        found = counters.find(Kind.NETWORK, "192.0.2.0/24")
        assert found is not None
        assert (found.first_seen, found.last_seen) == (AT, AT + 1)
        assert found.good == pytest.approx(1.0)

    @pytest.mark.parametrize("name", ["", "x" * 100_000, "bücher", "\udcff", "a\0b", "\n"])
    def test_any_name_can_be_remembered(self, counters: Counters, name):
        counters.note((Sighting(Kind.PAIR, name, AT, good=1.0),))
        eventually(lambda: counters.find(Kind.PAIR, name) is not None)
        assert counters.find(Kind.PAIR, f"{name}y") is None

    def test_nothing_may_be_noted(self, counters: Counters):
        counters.note(())

    def test_a_burst_is_noted_without_waiting(self, counters: Counters):
        with cpu() as spent:
            for number in range(500):
                counters.note((Sighting(Kind.PAIR, str(number), AT, good=1.0),))
        assert spent.seconds < 2.0

        def is_found() -> bool:
            counters.note((NETWORK,))
            return counters.find(Kind.PAIR, "499") is not None

        eventually(is_found)
