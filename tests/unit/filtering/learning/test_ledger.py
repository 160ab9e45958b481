"""A ledger says of a client's log what a look through all of it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecluse.domain.act import Act, Channel, Standing
from ecluse.filtering.learning.guards import DAY_S
from ecluse.filtering.learning.ledger import Ledger
from ecluse.filtering.learning.replay import standing_acts

STEPS = st.lists(
    st.tuples(
        st.floats(-DAY_S / 3, 2 * DAY_S),  # Clocks are set back, too.
        st.sampled_from("ab"),
        st.sampled_from("mnop"),
        st.booleans(),
        st.integers(0, 3),  # So many acts back one is taken back; 0: none.
    ),
    max_size=30,
)


def acts_of(steps) -> list[Act]:
    acts, at = [], 1.7e9
    for number, (passed, voter, message, is_spam, back) in enumerate(steps, 1):
        at += passed
        undoes = number - back if 0 < back < number else 0
        acts.append(
            Act(number, at, Channel.RECIPIENT, voter, message, is_spam, b"tokens", Standing.LEARNED, undoes=undoes)
        )
    return acts


def bare(acts) -> set[tuple[int, float]]:
    return {(act.number, act.at) for act in acts}


@given(STEPS)
def test_what_is_near_and_what_stands_is_what_a_look_through_the_log_says(steps):
    acts, ledger = acts_of(steps), Ledger()
    for place, act in enumerate(acts):
        before = list(standing_acts(acts[:place]))
        near = [one for one in before if act.at - one.at < DAY_S or one.message == act.message]
        assert bare(ledger.near(act)) == bare(near)
        against = [
            one for one in before if (one.voter, one.message) == (act.voter, act.message) and one.is_spam != act.is_spam
        ]
        assert bare(ledger.contradicted(act.voter, act.message, is_spam=act.is_spam)) == bare(against)
        standing = {number for number in range(40) if ledger.standing(number) is not None}
        assert standing == {one.number for one in before}
        ledger.add([act])
        assert len(ledger) == place + 1


def test_tokens_are_not_kept():
    ledger = Ledger()
    ledger.add(acts_of([(1.0, "a", "m", True, 0)]))
    kept = ledger.standing(1)
    assert kept is not None
    assert kept.tokens == b""
