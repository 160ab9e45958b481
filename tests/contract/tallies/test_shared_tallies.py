import os

import pytest

from ecluse.adapters.memory.tallies import SharedTallies
from tests.contract.another_process import in_another_process
from tests.contract.tallies.contract import TalliesContract


def pair():
    shared = SharedTallies(2, 4_096)
    return shared.bind(0), shared.bind(1)


class TestSharedTallies(TalliesContract):
    @pytest.fixture
    def new(self, monkeypatch):
        """With a secret under which the contract's keys have a column each; else some share one now and then."""
        monkeypatch.setattr("secrets.token_bytes", bytes)
        return pair


def test_forked_processes_count_together():
    shared = SharedTallies(3)
    mine = shared.bind(0)
    assert mine.enter("192.0.2.1", 2)

    def other():
        theirs = shared.bind(1)
        assert theirs.enter("192.0.2.1", 2)
        assert not theirs.enter("192.0.2.1", 2)

    in_another_process(other)
    assert not mine.enter("192.0.2.1", 2)


def test_a_process_that_dies_takes_its_part_with_it():
    shared = SharedTallies(3)
    mine = shared.bind(0)
    assert mine.enter("192.0.2.1", 0)
    in_another_process(lambda: [shared.bind(1).enter("192.0.2.1", 0) for _ in range(5)])
    assert not mine.enter("192.0.2.1", 6)
    shared.clear(1)
    assert mine.enter("192.0.2.1", 2)
    assert not mine.enter("192.0.2.1", 2)


def test_keys_that_share_a_column_only_make_the_limit_stricter():
    mine = SharedTallies(1, slots=1).bind(0)
    assert mine.enter("192.0.2.1", 2)
    assert mine.enter("192.0.2.2", 2)
    assert not mine.enter("192.0.2.3", 2)


def test_nobody_can_know_which_keys_share_a_column():
    keys = [f"192.0.2.{number}" for number in range(256)]
    first, second = ([SharedTallies(1).bind(0)._column(key) for key in keys] for _ in range(2))
    assert first != second


def test_a_busy_node_counts_right():
    """Four processes, each in its own row, enter and leave at full speed."""
    shared = SharedTallies(5)
    children = []
    for row in range(1, 5):
        if not (child := os.fork()):
            mine = shared.bind(row)
            for _ in range(5_000):
                mine.enter("192.0.2.1", 0)
                mine.leave("192.0.2.1")
            mine.enter("192.0.2.1", 0)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    observer = shared.bind(0)
    assert not observer.enter("192.0.2.1", 4)
    assert observer.enter("192.0.2.1", 5)


def test_processes_that_enter_together_never_overrun_the_limit():
    shared = SharedTallies(5)
    children = []
    for row in range(1, 5):
        if not (child := os.fork()):
            mine = shared.bind(row)
            inside = sum(mine.enter("192.0.2.1", 50) for _ in range(2_000))
            os._exit(min(inside, 255))
        children.append(child)
    inside = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sum(inside) <= 50
    assert sum(inside) >= 47


def test_who_leaves_without_having_entered_is_our_bug():
    with pytest.raises(ValueError, match="invalid value"):
        pair()[0].leave("192.0.2.1")


def test_a_row_that_is_not_there_is_refused():
    with pytest.raises(IndexError, match="row 2 of 2"):
        SharedTallies(2).bind(2)
