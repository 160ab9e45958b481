"""Which programs and hours are an account's own."""

from __future__ import annotations

import pytest

from ecluse.domain.account import Account
from ecluse.domain.history import DAY_S, Kind, Sighting
from ecluse.filtering.identities import account_hour_name, sender_program_name
from ecluse.filtering.sending_habits import Hours, Programs
from tests.unit.filtering.memories import Memories

ANN = Account("Client", "ann@client.example")
NOW = 1_764_547_200.0  # Midnight, UTC.


def office_hours(days):
    """A letter at each full hour from 8 to 16 on each of the last days."""
    memories = Memories()
    for day in range(days, 0, -1):
        for hour in range(8, 17):
            memories.note((Sighting(Kind.ACCOUNT_HOUR, account_hour_name(ANN, hour), NOW - day * DAY_S, good=1.0),))
    return memories


def is_odd(memories, hour):
    at = NOW + hour * 3_600
    return Hours.of(memories, ANN, at).is_odd(at)


def test_an_hour_is_odd_that_is_far_from_all_others():
    found = [hour for hour in range(24) if is_odd(office_hours(20), hour)]
    assert found == [0, 1, 2, 3, 4, 5, 6, 18, 19, 20, 21, 22, 23]


def test_no_hour_is_odd_before_the_account_has_shown_its_own():
    assert not any(is_odd(office_hours(12), hour) for hour in range(24))


def test_who_comes_by_night_makes_no_custom_of_it_within_a_week():
    memories = office_hours(20)
    for day, odd in ((1, True), (5, True), (9, False)):
        memories.note((Sighting(Kind.ACCOUNT_HOUR, account_hour_name(ANN, 2), NOW - day * DAY_S, good=10.0),))
        assert is_odd(memories, 2) is odd


@pytest.mark.parametrize(
    ("owner", "days_ago", "days_known", "client_days", "noted", "is_new"),
    [
        ("Client", 9, 9, 9, 9, True),  # A colleague's.
        ("Client", 9, 1, 9, 1, False),  # Which whoever begins may have, too.
        ("Client", 0.5, 1, 9, 1, True),
        ("Client", 0.5, 1, 1, 1, False),  # The client begins itself.
        (ANN.key, 9, 9, 9, 9, False),
        (ANN.key, 0.5, 9, 9, 9, True),  # Its first day.
        (ANN.key, 0.5, 90, 90, 0.5, False),  # An older release noted no programs.
    ],
)
def test_a_program_is_new_until_it_was_used_on_another_day(owner, days_ago, days_known, client_days, noted, is_new):
    memories = Memories()
    memories.note(
        (Sighting(Kind.ACCOUNT_PROGRAM, sender_program_name(owner, "suite"), NOW - days_ago * DAY_S, good=1.0),)
    )
    programs = Programs.of(memories, ANN, "suite", NOW)
    assert programs.is_new(days_known, client_days, noted) is is_new
    assert not Programs.of(memories, ANN, "", NOW).is_new(days_known, client_days, noted)
