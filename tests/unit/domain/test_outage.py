"""The clock of contract article 11-2."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.outage import HOUR_S, Outage

OUTAGE = Outage("a.example", since=1_000.0)


@pytest.mark.parametrize(
    ("hours", "refuses", "is_dead"),
    [(0, False, False), (119.99, False, False), (120, True, False), (167.99, True, False), (168, True, True)],
)
def test_from_120_hours_new_mail_is_refused_and_at_168_the_server_is_dead(hours, refuses, is_dead):
    now = OUTAGE.since + hours * HOUR_S
    assert (OUTAGE.refuses_new_mail(now), OUTAGE.is_dead(now)) == (refuses, is_dead)


def test_each_warning_is_given_once():
    given, outage = [], OUTAGE
    for hour in range(200):
        if due := outage.due_warning_h(OUTAGE.since + hour * HOUR_S):
            given.append((hour, due))
            outage = replace(outage, warned_h=due)
    assert given == [(1, 1), (24, 24), (96, 96), (144, 144)]


def test_after_a_long_sleep_only_the_last_warning_is_given():
    assert OUTAGE.due_warning_h(OUTAGE.since + 100 * HOUR_S) == 96
