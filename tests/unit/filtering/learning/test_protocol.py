"""Who is told what, and when."""

from __future__ import annotations

import pytest

from ecluse.filtering.learning.protocol import Feedback, When, play


class Diary:
    """A filter that writes down what happens to it."""

    def __init__(self):
        self.events = []

    def judge(self, message):
        self.events.append(("judge", message))
        return float(message)

    def learn(self, message, *, is_spam):
        self.events.append(("learn", message, is_spam))


STREAM = [(number, number % 2 == 1) for number in range(200)]


def events(feedback, **where):
    diary = Diary()
    scores = list(play(diary, STREAM, feedback, **where))
    assert scores == [float(number) for number in range(200)]
    return diary.events


def test_at_once_means_after_its_own_judgement_and_before_the_next():
    assert events(Feedback())[:4] == [("judge", 0), ("learn", 0, False), ("judge", 1), ("learn", 1, True)]


def test_delayed_means_so_many_messages_later_and_the_last_ones_never():
    seen = events(Feedback(When.DELAYED, delay=50))
    learned = [event[1] for event in seen if event[0] == "learn"]
    assert learned == list(range(150))
    assert seen.index(("learn", 0, False)) == seen.index(("judge", 50)) + 1


def test_partial_means_of_one_in_ten_and_the_same_ones_each_time():
    learned = [event[1] for event in events(Feedback(When.PARTIAL, one_in=10)) if event[0] == "learn"]
    assert 10 <= len(learned) <= 30
    assert learned == [event[1] for event in events(Feedback(When.PARTIAL, one_in=10)) if event[0] == "learn"]
    assert len({number % 10 for number in learned}) > 3


def test_never_means_never():
    assert not [event for event in events(Feedback(When.NEVER)) if event[0] == "learn"]


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("stop", [30, 120])
def test_a_stream_that_goes_on_later_is_told_the_same(when, stop):
    feedback = Feedback(when, delay=50)
    diary = Diary()
    turns = play(diary, STREAM, feedback)
    for _ in range(stop):
        next(turns)
    untold = STREAM[max(0, stop - 50) : stop] if when is When.DELAYED else []
    list(play(diary, STREAM[stop:], feedback, stop, untold))
    assert diary.events == events(feedback)
