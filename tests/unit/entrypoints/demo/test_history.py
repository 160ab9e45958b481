"""The demonstration's past: made up, but as our own judge would have it."""

from __future__ import annotations

from ecluse.domain.event import Ending, Stage
from ecluse.domain.policy import Policy, Route
from ecluse.entrypoints.demo.history import DAY_S, DAYS, past_month
from ecluse.filtering.rejudging import rejudge_wishes
from ecluse.wire.wishes import Wishes, terms

NOW = 1_790_000_000.0
PEOPLE = ("paul@demo.example", "ann@demo.example")
POLICY = Policy("Demo", "demo.example", (Route("192.0.2.9"),), **terms(Wishes()))
EVENTS = tuple(past_month("Demo", PEOPLE, NOW))


def test_it_is_a_month_and_always_the_same():
    again = tuple(past_month("Demo", PEOPLE, NOW))
    assert again == EVENTS
    assert all(NOW - (DAYS + 1) * DAY_S < event.at < NOW + 1 for event in EVENTS)
    assert len({event.id for event in EVENTS}) == len([event for event in EVENTS if event.stage is Stage.OUTCOME])
    assert 700 < len(EVENTS) < 2_000


def test_our_own_judge_says_the_same_of_each():
    for event in EVENTS:
        if event.stage is Stage.OUTCOME and event.direction == "inbound":
            (one,) = event.recipients
            verdict = rejudge_wishes(event, one, POLICY, POLICY)
            assert (verdict.disposition, verdict.category) == (one.disposition, one.category), one.findings
            assert verdict.score == one.score


def test_while_the_clients_server_was_away_its_mail_waited():
    delivered = {event.id for event in EVENTS if event.stage is Stage.DELIVERY}
    waited = {event.id for event in EVENTS if event.recipients[0].fate is Ending.SPOOLED}
    assert delivered == waited
    assert len(waited) > 3
