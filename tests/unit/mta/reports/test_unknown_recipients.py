"""Whom servers do not know, out of the journal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.suppression import UnknownRecipient
from ecluse.mta.reports.unknown_recipients import unknown_recipients

ONE = RecipientEvent("Ann@far.example", Ending.BOUNCED, reply="550 5.1.1 no such user")
EVENT = MessageEvent("019b", Stage.DELIVERY, 7.0, direction="outbound", client="One", recipients=(ONE,))


@pytest.mark.parametrize("fate", [Ending.BOUNCED, Ending.EXPIRED, Ending.REJECTED_BY_NEXT_HOP])
def test_whoever_was_turned_down_because_he_is_not_there(fate):
    event = replace(EVENT, recipients=(replace(ONE, fate=fate),))
    assert list(unknown_recipients([event])) == [UnknownRecipient("One", "ann@far.example", "019b", 7.0, ONE.reply)]


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, direction="inbound"),
        replace(EVENT, client=""),
        replace(EVENT, recipients=(replace(ONE, fate=Ending.DEFERRED),)),
        replace(EVENT, recipients=(replace(ONE, reply="450 4.1.1 no such user, perhaps"),)),
        replace(EVENT, recipients=(replace(ONE, reply="550 5.7.1 spam"),)),
    ],
)
def test_everybody_else_is_left_alone(event):
    assert not list(unknown_recipients([event]))
