"""When a probe calls its outbound mail arrived, astray, or nothing at all: of each sink's answer a table."""

from __future__ import annotations

import pytest

from ecluse.entrypoints.probing import following
from ecluse.entrypoints.probing.arrivals import Answer, Arrivals
from ecluse.entrypoints.probing.following import Following, Sent
from ecluse.wire.notations import Endpoint

SINKS = (Endpoint("192.0.2.1:2527"), Endpoint("192.0.2.2:2527"))
KNOWS = Answer(10_000, {})


def came(ago_s):
    return Answer(10_000, {"mail": ago_s})


@pytest.mark.parametrize(
    ("age_s", "answers", "said", "is_awaiting"),
    [
        (59, (came(58), KNOWS), "", False),  # After one second, at the first of them.
        (400, (KNOWS, came(100)), "", False),  # In its 300th second, seen late.
        (400, (KNOWS, came(99)), "arrived after 301 s, not within 300 s", False),
        (299, (KNOWS, KNOWS), None, True),
        (300, (KNOWS, KNOWS), "did not arrive within 300 s", False),
        (300, (KNOWS, None), None, False),  # It may have come to the silent one.
        (300, (KNOWS, Answer(299, {})), None, False),  # That has begun anew since.
        (300, (None, came(290)), "", False),
    ],
)
async def test_what_a_point_says_of_a_mail(monkeypatch, age_s, answers, said, is_awaiting):
    now = [1_000.0]
    by_sink = dict(zip(SINKS, answers, strict=True))

    async def ask(place, ids):
        assert list(ids) == ["mail"]
        return by_sink[place]

    monkeypatch.setattr(following, "ask_sink", ask)
    followed = Following(SINKS, 300, clock=lambda: now[0])
    followed.add(Sent("mx1", 7, "mail", now[0]))
    now[0] += age_s
    found = await followed.look()
    assert [(each.server, each.minute, each.step, each.reason, each.is_missed) for each in found] == (
        [] if said is None else [("mx1", 7, "arrival", said, bool(said))]
    )
    assert followed.is_awaiting is is_awaiting


async def test_without_a_sink_nothing_is_followed():
    followed = Following((), 300)
    followed.add(Sent("mx1", 7, "mail", 0.0))
    assert (followed.is_awaiting, await followed.look()) == (False, ())


def test_a_sink_that_has_forgotten_says_how_far_back_it_knows():
    now = [0.0]
    arrivals = Arrivals(clock=lambda: now[0], most=2)
    for each in ("a", "b", "b", "c"):
        now[0] += 10
        arrivals.note(each)
    assert arrivals.answer(b'{"ids": ["a", "b", "x"]}\n') == b'{"knows_for_s":30.0,"ago_s":{"b":20.0}}\n'
    with pytest.raises(ValueError, match="ids"):
        arrivals.answer(b'{"ids": 3}\n')
