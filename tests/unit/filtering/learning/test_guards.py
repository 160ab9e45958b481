"""What strangers may teach, and what not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.act import Act, Channel, Standing
from ecluse.filtering.learning.guards import DAY_S, PER_DAY, PER_VOTER_AND_DAY, freed_by, standing_of

NOW = 1_764_000_000.0
ACT = Act(7, NOW, Channel.RECIPIENT, "ann", "m1", is_spam=False, tokens=b"", standing=Standing.LEARNED)


def some(count, **other):
    return [replace(ACT, number=n, message=f"x{n}", voter=f"v{n}", **other) for n in range(100, 100 + count)]


def test_an_act_that_the_model_does_not_mind_is_learned():
    assert standing_of(ACT, [], 3.0) is Standing.LEARNED


def test_a_release_by_the_sender_is_never_learned():
    assert standing_of(replace(ACT, channel=Channel.SENDER_RELEASE), [], -10.0) is Standing.IGNORED


@pytest.mark.parametrize(("is_spam", "log_odds"), [(False, 6.5), (True, -6.5)])
def test_one_voter_far_against_the_model_waits_for_another(is_spam, log_odds):
    act = replace(ACT, is_spam=is_spam)
    assert standing_of(act, [], log_odds) is Standing.WAITING
    waiting = replace(act, number=3, standing=Standing.WAITING)
    assert standing_of(act, [waiting], log_odds) is Standing.IGNORED  # The same voter again.
    second = replace(act, voter="bob")
    assert standing_of(second, [waiting], log_odds) is Standing.LEARNED
    assert freed_by(second, [waiting]) == (3,)


def test_a_second_vote_about_another_message_or_the_other_way_frees_nothing():
    waiting = replace(ACT, number=3, standing=Standing.WAITING)
    assert freed_by(replace(ACT, voter="bob", message="m2"), [waiting]) == ()
    assert freed_by(replace(ACT, voter="bob", is_spam=True), [waiting]) == ()
    assert freed_by(replace(ACT, voter="bob", standing=Standing.IGNORED), [waiting]) == ()


def test_the_administrator_may_disagree_with_the_model():
    assert standing_of(replace(ACT, channel=Channel.ADMINISTRATOR), [], 20.0) is Standing.LEARNED


@pytest.mark.parametrize("channel", PER_DAY)
def test_a_channel_has_so_many_acts_a_day(channel):
    act = replace(ACT, channel=channel)
    limit = PER_DAY[channel]
    assert standing_of(act, some(limit - 1, channel=channel), 0.0) is Standing.LEARNED
    assert standing_of(act, some(limit, channel=channel), 0.0) is Standing.IGNORED
    assert standing_of(act, some(limit, channel=channel, at=NOW - DAY_S - 1), 0.0) is Standing.LEARNED
    assert standing_of(act, some(limit, channel=channel, standing=Standing.IGNORED), 0.0) is Standing.LEARNED


def test_one_voter_has_so_many_acts_a_day_over_all_channels():
    own = [replace(one, voter="ann", channel=Channel.REPORT) for one in some(PER_VOTER_AND_DAY)]
    assert standing_of(ACT, own, 0.0) is Standing.IGNORED
    assert standing_of(replace(ACT, voter="bob"), own, 0.0) is Standing.LEARNED


def test_one_in_ten_is_kept_for_testing():
    assert standing_of(replace(ACT, number=20), [], 0.0) is Standing.SHADOW


def test_a_folder_is_many_people_and_seconds_only_who_has_signed_in():
    folder = replace(ACT, channel=Channel.FOLDER, voter="folder", number=3)
    others = [replace(one, voter="folder") for one in some(PER_VOTER_AND_DAY, channel=Channel.FOLDER)]
    assert standing_of(folder, others, 0.0) is Standing.LEARNED
    waiting = replace(folder, standing=Standing.WAITING)
    assert standing_of(folder, [], 20.0) is Standing.WAITING
    for channel, is_enough in ((Channel.REPORT, False), (Channel.RELEASE, False), (Channel.ADMINISTRATOR, True)):
        other = replace(ACT, channel=channel, number=4)  # Ann may have put it into the folder herself.
        assert standing_of(folder, [other], 20.0) is (Standing.LEARNED if is_enough else Standing.WAITING)
        assert freed_by(other, [waiting]) == ((3,) if is_enough else ())
