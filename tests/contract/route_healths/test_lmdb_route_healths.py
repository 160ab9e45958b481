"""What the store of next hops' states promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.route_healths import LmdbRouteHealths
from ecluse.domain.policy import Route
from ecluse.domain.route_health import LASTS_S, WORDS_LAST_S, RouteState, health_of

AT = 1_800_000_000.0
ROUTE = Route("mail.one.example", 25)


@pytest.fixture
def healths(tmp_path):
    yield LmdbRouteHealths(tmp_path / "state" / "routes")
    close_all()


def heard(state, at, said=""):
    return health_of("one.example", ROUTE, state, at, said)


def test_a_state_that_lasts_keeps_its_beginning(healths):
    healths.note(heard(RouteState.UP, AT))
    healths.note(heard(RouteState.UP, AT + 3_600))
    assert [each.since for each in healths.all()] == [AT]


def test_another_state_begins_anew_unless_it_comes_at_once(healths):
    healths.note(heard(RouteState.UP, AT))
    healths.note(heard(RouteState.DOWN, AT + LASTS_S - 1, "flickers"))
    assert [each.state for each in healths.all()] == [RouteState.UP]
    healths.note(heard(RouteState.DOWN, AT + LASTS_S, "connection refused"))
    assert list(healths.all()) == [heard(RouteState.DOWN, AT + LASTS_S, "connection refused")]


def test_the_last_words_are_kept_once_a_minute_and_the_state_began_when_it_began(healths):
    healths.note(heard(RouteState.TURNS_AWAY, AT, "421 busy"))
    healths.note(heard(RouteState.TURNS_AWAY, AT + WORDS_LAST_S - 1, "421 still busy"))
    assert [each.said for each in healths.all()] == ["421 busy"]
    healths.note(heard(RouteState.TURNS_AWAY, AT + WORDS_LAST_S, "554 go\0away"))
    (kept,) = healths.all()
    assert (kept.since, kept.said, kept.said_at) == (AT, "554 go away", AT + WORDS_LAST_S)


def test_each_destination_has_states_of_its_own_and_they_are_forgotten_one_by_one(healths):
    one = heard(RouteState.UP, AT)
    two = replace(one, destination="two.example")
    healths.note(one)
    healths.note(two)
    healths.forget(one)
    healths.forget(one)
    assert list(healths.all()) == [two]


def test_states_are_there_for_other_processes_and_after_a_restart(healths, tmp_path):
    healths.note(heard(RouteState.UP, AT))
    healths.close()
    assert list(LmdbRouteHealths(tmp_path / "state" / "routes").all()) == [heard(RouteState.UP, AT)]
