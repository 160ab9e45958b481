"""The events of a message become one row."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.logged_message import LoggedMessage
from ecluse.entrypoints import message_log
from ecluse.entrypoints.message_log import Follower, Question, latest

ANY = Question()


def intent(message_id="m1", at=1.0):
    return MessageEvent(message_id, Stage.INTENT, at, client="A", sender="eve@e.example", ip="192.0.2.1")


def outcome(message_id="m1", at=2.0, fate=Ending.RELAYED, address="ann@a.example", **more):
    one = RecipientEvent(address, fate, "deliver", "M", 1.5, ("MASS_MAIL",), more.pop("answer", "250 ok"))
    more.setdefault("timings_ms", {"evidence": 2.0, "act": 3.0})
    return MessageEvent(
        message_id, Stage.OUTCOME, at, client="A", sender="eve@e.example", recipients=(one,), reply="250 2.0.0", **more
    )


def delivery(message_id="m1", at=3.0, fate=Ending.DELIVERED, address="ann@a.example"):
    return MessageEvent(message_id, Stage.DELIVERY, at, recipients=(RecipientEvent(address, fate, reply="250 later"),))


def test_intent_and_outcome_are_one_message():
    [message] = latest([intent(), outcome()], ANY, 10)
    assert (message.at, message.ip, message.reply) == (1.0, "192.0.2.1", "250 2.0.0")
    assert message.timings_ms == {"evidence": 2.0, "act": 3.0}
    assert message.recipients["ann@a.example"].fate is Ending.RELAYED


def test_an_intent_alone_is_shown_as_unanswered():
    [message] = latest([intent()], ANY, 10)
    assert message.words == {message_log.UNANSWERED}
    assert not message.is_settled


def test_a_delivery_changes_the_fate_and_leaves_the_verdict():
    [message] = latest([outcome(fate=Ending.SPOOLED), delivery()], ANY, 10)
    one = message.recipients["ann@a.example"]
    assert (one.fate, one.reply) == (Ending.DELIVERED, "250 later")
    assert (one.disposition, one.category, one.score, one.findings) == ("deliver", "M", 1.5, ("MASS_MAIL",))


@pytest.mark.parametrize("fate", [Ending.SPOOLED, Ending.HELD])
def test_what_lies_with_us_is_unfinished(fate):
    [message] = latest([outcome(fate=fate)], ANY, 10)
    assert not message.is_settled


def test_deferred_by_us_is_finished_and_deferred_by_the_next_hop_is_not():
    [ours] = latest([outcome(fate=Ending.DEFERRED)], ANY, 10)
    [theirs] = latest([outcome(fate=Ending.SPOOLED), delivery(fate=Ending.DEFERRED)], ANY, 10)
    assert (ours.is_settled, theirs.is_settled) == (True, False)


def test_a_delivery_whose_beginning_lies_before_the_question_is_shown_too():
    [message] = latest([delivery()], ANY, 10)
    assert message.words == {"delivered"}


def test_the_newest_are_kept_and_the_newest_is_last():
    events = [outcome(f"m{number}", at=float(number)) for number in range(10)]
    assert [message.id for message in latest(events, ANY, 3)] == ["m7", "m8", "m9"]


def test_a_year_of_finished_messages_needs_no_memory_for_them():
    """Only as many as are asked for exist at once."""
    alive, peak = 0, 0

    class Counted(LoggedMessage):
        __slots__ = ()

        def __init__(self, *arguments):
            nonlocal alive, peak
            super().__init__(*arguments)
            alive += 1
            peak = max(peak, alive)

        def __del__(self):
            nonlocal alive
            alive -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(message_log, "LoggedMessage", Counted)
        latest((outcome(f"m{number}", at=float(number)) for number in range(5_000)), ANY, 5)
    assert peak <= 8


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(address="ann@a.example"), {"m1"}),
        (Question(address="ANN@A.example"), {"m1"}),
        (Question(address="b.example"), {"m2"}),
        (Question(address="@b.example"), {"m2"}),
        (Question(address="e.example"), {"m1", "m2"}),
        (Question(address="example"), set()),
        (Question(id_prefix="m2"), {"m2"}),
        (Question(words=frozenset({"refused"})), {"m2"}),
        (Question(words=frozenset({"refused", "relayed"})), {"m1", "m2"}),
        (Question(words=frozenset({"deliver"})), {"m1", "m2"}),
        (Question(client="a"), {"m1", "m2"}),
        (Question(client="B"), set()),
    ],
)
def test_a_question_narrows_the_answer(question, expected):
    events = [outcome("m1"), outcome("m2", fate=Ending.REFUSED, address="bob@b.example")]
    assert {message.id for message in latest(events, question, 10)} == expected


EVENTS = st.lists(
    st.tuples(st.sampled_from(["m1", "m2", "m3"]), st.sampled_from(Stage), st.sampled_from(Ending)), max_size=20
)


@given(EVENTS)
@settings(derandomize=True, deadline=None)
def test_no_order_of_events_loses_the_last_word_about_a_recipient(told):
    clock = count(1)
    makers = {Stage.INTENT: lambda i, _: intent(i, next(clock)), Stage.OUTCOME: lambda i, f: outcome(i, next(clock), f)}
    makers[Stage.DELIVERY] = lambda i, f: delivery(i, next(clock), f)
    events = [makers[stage](message_id, fate) for message_id, stage, fate in told]
    last = {event.id: event.recipients[0].fate for event in events if event.recipients}
    found: dict[str, Ending] = {}
    for message in latest(events, ANY, 100):
        for one in message.recipients.values():
            found[message.id] = one.fate
    assert found == last


def test_a_follower_tells_each_step_but_the_intent():
    follower = Follower(ANY)
    told = [list(follower.learn([event])) for event in (intent(), outcome(fate=Ending.SPOOLED), delivery())]
    assert [[message.words for message in step] for step in told] == [
        [],
        [{"deliver", "delivered"}],
        [{"deliver", "delivered"}],
    ]


def test_a_follower_forgets_what_is_finished():
    follower = Follower(ANY)
    for number in range(100):
        list(follower.learn([intent(f"m{number}"), outcome(f"m{number}")]))
    assert follower._unfinished == {}
