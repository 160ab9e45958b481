"""What all tallies promise."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.ports.tallies import Tallies


class TalliesContract:
    """An adapter joins by one subclass that gives `new`: fresh tallies as two processes of a node see them."""

    New = Callable[[], tuple[Tallies, Tallies]]

    def test_as_many_are_let_in_as_the_limit_says(self, new):
        here, there = new()
        assert [here.enter("192.0.2.1", 3), there.enter("192.0.2.1", 3), here.enter("192.0.2.1", 3)] == [True] * 3
        assert not here.enter("192.0.2.1", 3)
        assert not there.enter("192.0.2.1", 3)

    def test_a_place_is_free_again_when_one_leaves(self, new):
        here, there = new()
        assert here.enter("192.0.2.1", 1)
        here.leave("192.0.2.1")
        assert there.enter("192.0.2.1", 1)

    def test_who_is_refused_takes_no_place(self, new):
        here, _ = new()
        assert here.enter("192.0.2.1", 1)
        for _ in range(5):
            assert not here.enter("192.0.2.1", 1)
        here.leave("192.0.2.1")
        assert here.enter("192.0.2.1", 1)

    def test_keys_are_counted_apart(self, new):
        here, _ = new()
        assert all(here.enter(f"192.0.2.{number}", 1) for number in range(20))

    def test_without_a_limit_all_are_let_in_and_counted(self, new):
        here, there = new()
        assert all(here.enter("smtp://mx.example:25", 0) for _ in range(100))
        assert not there.enter("smtp://mx.example:25", 100)
        assert there.enter("smtp://mx.example:25", 101)

    @pytest.mark.parametrize("key", ["", "x" * 10_000, "é", "\udcff"])
    def test_any_text_is_a_key(self, new, key):
        here, _ = new()
        assert [here.enter(key, 1), here.enter(key, 1)] == [True, False]

    def test_the_count_is_always_who_came_minus_who_left(self, new):
        @settings(derandomize=True, deadline=None, max_examples=50)
        @given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.booleans()), max_size=40))
        def holds(steps):
            tallies = new()
            inside = {(who, key): 0 for who in (0, 1) for key in "ab"}
            for who, key, enters in steps:
                if enters:
                    total = inside[0, key] + inside[1, key]
                    assert tallies[who].enter(key, 5) == (total < 5)
                    inside[who, key] += total < 5
                elif inside[who, key]:
                    tallies[who].leave(key)
                    inside[who, key] -= 1

        holds()
