from __future__ import annotations

import pytest
import time_machine

from ecluse.adapters.dns.cache import FAILURE_TTL_S, MAX_NEGATIVE_TTL_S, MAX_TTL_S, MIN_TTL_S, AnswerCache, kept_s
from ecluse.domain.dns import Answer, DnsStatus

OK = DnsStatus.OK


def answer(ttl: int = 60, status: DnsStatus = OK) -> Answer:
    return Answer(status, ("192.0.2.1",) if status is OK else (), ttl)


@pytest.mark.parametrize(
    ("status", "ttl", "kept"),
    [
        (OK, 60, 60),
        (OK, 0, MIN_TTL_S),
        (OK, 2**31 - 1, MAX_TTL_S),
        (DnsStatus.NXDOMAIN, 60, 60),
        (DnsStatus.NO_DATA, 86_400, MAX_NEGATIVE_TTL_S),
        (DnsStatus.NXDOMAIN, 0, MIN_TTL_S),
        (DnsStatus.SERVFAIL, 86_400, FAILURE_TTL_S),
        (DnsStatus.TIMEOUT, 0, FAILURE_TTL_S),
    ],
)
def test_an_answer_is_kept_for_its_time_within_bounds(status, ttl, kept):
    assert kept_s(answer(ttl, status)) == kept


def test_an_answer_is_given_out_until_its_time_is_over_and_never_after(monkeypatch):
    now = 1_000.0
    monkeypatch.setattr("ecluse.adapters.dns.cache.time.monotonic", lambda: now)
    cache = AnswerCache(10)
    cache.keep(("a.example", "A"), answer(60))
    now += 59.9
    assert cache.find(("a.example", "A")) == answer(60)
    now += 0.1
    assert cache.find(("a.example", "A")) is None
    assert len(cache) == 0


def test_another_type_is_another_answer():
    cache = AnswerCache(10)
    cache.keep(("a.example", "A"), answer())
    assert cache.find(("a.example", "AAAA")) is None


def test_the_answer_that_was_not_asked_for_longest_makes_room():
    cache = AnswerCache(2)
    cache.keep(("a.example", "A"), answer())
    cache.keep(("b.example", "A"), answer())
    cache.find(("a.example", "A"))
    cache.keep(("c.example", "A"), answer())
    assert [cache.find((name, "A")) is not None for name in ("a.example", "b.example", "c.example")] == [
        True, False, True,
    ]  # fmt: skip


def test_a_wrong_wall_clock_changes_nothing():
    cache = AnswerCache(2)
    with time_machine.travel("2025-01-01 00:00:00Z", tick=True):
        cache.keep(("a.example", "A"), answer(5))
    with time_machine.travel("2035-01-01 00:00:00Z", tick=True):
        assert cache.find(("a.example", "A")) is not None
