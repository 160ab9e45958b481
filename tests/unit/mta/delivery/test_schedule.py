"""When a spooled message is tried again, and when it ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.schedule import DAY_S, Schedule

ANN = Address("ann", "a.example")


def queued(direction=Direction.INBOUND, **more):
    facts = {
        "id": "0" * 32,
        "client": "a",
        "destination": "a.example",
        "received_at": 0.0,
        "queued_at": 0.0,
        "sender": ANN,
        "is_sender_authenticated": direction is Direction.OUTBOUND,
        "recipients": (QueuedRecipient(ANN),),
    }
    return QueuedMessage(direction=direction, **facts | more)


@pytest.mark.parametrize(
    ("attempts", "delay"), [(0, 60), (1, 60), (2, 120), (3, 240), (6, 1_920), (7, 3_600), (1_000_000, 3_600)]
)
def test_each_wait_is_twice_the_last_up_to_an_hour(attempts, delay):
    assert Schedule(random=lambda: 0.0).next_attempt(attempts, 1_000.0) == 1_000.0 + delay


@given(attempts=st.integers(0, 10**9), share=st.floats(0, 1))
@settings(derandomize=True, deadline=None)
def test_a_wait_is_lengthened_by_a_fifth_at_most(attempts, share):
    wait = Schedule(random=lambda: share).next_attempt(attempts, 0.0)
    assert 60 <= wait <= 3_600 * 1.2


@pytest.mark.parametrize(
    ("message", "age_s", "is_over"),
    [
        (queued(Direction.OUTBOUND, queued_at=DAY_S), 6 * DAY_S - 1, False),
        (queued(Direction.OUTBOUND, queued_at=DAY_S), 6 * DAY_S, True),
        (queued(Direction.INBOUND), 100 * DAY_S, False),
        (queued(Direction.INBOUND, answered_since=DAY_S), 6 * DAY_S - 1, False),
        (queued(Direction.INBOUND, answered_since=DAY_S), 6 * DAY_S, True),
    ],
)
def test_five_days_count_from_the_queue_outbound_and_from_the_first_4xx_inbound(message, age_s, is_over):
    assert Schedule().is_too_old(message, age_s) is is_over


@pytest.mark.parametrize(
    ("message", "wants"),
    [
        (queued(Direction.OUTBOUND), True),
        (queued(Direction.INBOUND), False),
        (queued(Direction.OUTBOUND, sender=None), False),
        (queued(Direction.OUTBOUND, has_delay_notice=True), False),
        (queued(Direction.OUTBOUND, queued_at=1.0), False),
    ],
)
def test_an_authenticated_sender_hears_of_a_delay_once(message, wants):
    assert Schedule().wants_delay_notice(message, 4 * 3_600.0) is wants


def test_delay_notices_can_be_switched_off():
    assert not Schedule(delay_notice_after_s=0).wants_delay_notice(queued(Direction.OUTBOUND), 1e9)
