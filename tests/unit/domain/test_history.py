from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.history import (
    DAY_S,
    GREYLIST_KEPT_S,
    GREYLIST_WAITS_S,
    HALF_LIFE_S,
    KEPT_S,
    Kind,
    Memory,
    is_over,
    recall,
)

AT = 1_764_000_000.0


def test_a_message_of_a_month_ago_counts_half():
    assert Memory(AT, AT, 4.0, 2.0).faded(AT + HALF_LIFE_S) == Memory(AT, AT + HALF_LIFE_S, 2.0, 1.0)


def test_fading_keeps_the_share_of_the_bad():
    assert Memory(AT, AT, 1.0, 3.0).faded(AT + 77 * DAY_S).bad_share == pytest.approx(0.75)


def test_of_nothing_nothing_is_bad():
    assert Memory(AT, AT, 0.0, 0.0).bad_share == 0.0


@given(st.lists(st.tuples(st.floats(0, 1e10), st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=20))
@settings(derandomize=True, deadline=None)
def test_whatever_the_order_of_sightings_counts_stay_within_what_was_seen(seen):
    memory = None
    for at, good, bad in seen:
        memory = recall(Kind.PAIR, memory, at, good, bad)
    assert memory is not None
    assert memory.first_seen <= memory.last_seen
    assert 0.0 <= memory.good <= sum(good for _, good, _ in seen) + 1e-6
    assert 0.0 <= memory.bad_share <= 1.0


@pytest.mark.parametrize(
    ("kind", "good", "kept_s"),
    [
        (Kind.NETWORK, 0.0, KEPT_S),
        (Kind.CORRESPONDENT, 1.0, KEPT_S),
        (Kind.GREYLIST, 0.0, GREYLIST_WAITS_S),
        (Kind.GREYLIST, 1.0, GREYLIST_KEPT_S),
    ],
)
def test_every_memory_has_its_time(kind, good, kept_s):
    memory = Memory(AT - DAY_S, AT, good, 0.0)
    assert not is_over(kind, memory, AT + kept_s)
    assert is_over(kind, memory, AT + kept_s + 1)
    later = AT + kept_s + 1
    assert recall(kind, memory, later, 1.0, 0.0) == Memory(later, later, 1.0, 0.0)
