"""What a server says to one stranger, and what that says about all the others."""

from __future__ import annotations

import pytest

from ecluse.domain.reply import Reply
from ecluse.domain.stranger import Ending, Heard, Openness, openness_of

OURS = frozenset({"192.0.2.1"})
STRANGER, GATEWAY = "198.51.100.7", "192.0.2.1"


@pytest.mark.parametrize(
    ("heard", "openness"),
    [
        (Heard(Ending.ANSWERED, Reply(250, "1.5", "Ok"), STRANGER), Openness.OPEN),
        (Heard(Ending.ANSWERED, Reply(250, "1.5", "Ok"), GATEWAY), Openness.UNKNOWN),
        (Heard(Ending.ANSWERED, Reply(250, "1.5", "Ok"), ""), Openness.UNKNOWN),
        (Heard(Ending.ANSWERED, Reply(554, "7.1", "Access denied"), STRANGER), Openness.CLOSED),
        (Heard(Ending.ANSWERED, Reply(554, "7.1", "Access denied"), GATEWAY), Openness.CLOSED),
        (Heard(Ending.ANSWERED, Reply(550, "", "go away")), Openness.CLOSED),
        (Heard(Ending.ANSWERED, Reply(550, "1.1", "User unknown"), STRANGER), Openness.UNKNOWN),
        (Heard(Ending.ANSWERED, Reply(451, "7.1", "Greylisted"), STRANGER), Openness.UNKNOWN),
        (Heard(Ending.NOBODY_LISTENS), Openness.CLOSED),
        (Heard(Ending.NO_CONNECTION), Openness.UNKNOWN),
        (Heard(Ending.NOT_PUBLIC), Openness.UNKNOWN),
        (Heard(Ending.BROKEN_OFF, None, STRANGER), Openness.UNKNOWN),
    ],
)
def test_only_who_is_a_stranger_can_say_that_it_is_open(heard, openness):
    assert openness_of(heard, OURS) is openness
