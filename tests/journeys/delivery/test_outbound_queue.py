"""A long queue starts soon, is small, and serves a small client at once (the short form of bench/outbound_queue.py)."""

from __future__ import annotations

from bench.outbound_queue import measure
from ecluse.mta.delivery.queue import MAX_ATTEMPTS


def test_a_long_queue_is_small_and_fair():
    figures = measure(messages=2_500, destinations=100)
    assert figures["peak_mib"] < 150
    assert 0 < figures["few_served_by"] <= MAX_ATTEMPTS + 100
