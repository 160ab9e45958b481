"""Nobody's files make those of others wait for long, and no place is ever lost."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.adapters.room import turns
from ecluse.adapters.room.turns import Turns


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(turns, "time", clock)
    return clock


async def use(table: Turns, origin: str, clock: Clock, seconds: float, seen: list[str]) -> None:
    async with table.turn(origin, 60.0):
        seen.append(origin)
        await asyncio.sleep(0)
        clock.now += seconds


async def test_whoever_has_used_least_comes_first(clock):
    table, seen = Turns(1), []
    hog = [use(table, "hog", clock, 8.0, seen) for _ in range(5)]
    await asyncio.gather(*hog, *(use(table, name, clock, 0.1, seen) for name in ("ann", "bob")))
    assert seen == ["hog", "ann", "bob", "hog", "hog", "hog", "hog"]


async def test_among_equals_the_first_comes_first(clock):
    table, seen = Turns(1), []
    await asyncio.gather(*(use(table, name, clock, 1.0, seen) for name in "abc"))
    assert seen == ["a", "b", "c"]


async def test_what_was_used_long_ago_is_forgotten(clock):
    table, seen = Turns(1), []
    await use(table, "hog", clock, 8.0, seen)
    clock.now += 600.0
    await use(table, "ann", clock, 1.0, seen)
    await asyncio.gather(*(use(table, name, clock, 1.0, seen) for name in ("x", "ann", "hog")))
    assert seen == ["hog", "ann", "x", "hog", "ann"]


async def test_whoever_waits_too_long_is_told_so_and_loses_no_place(clock):
    table, seen = Turns(1), []
    async with table.turn("hog", 1.0):
        with pytest.raises(TimeoutError):
            async with table.turn("ann", 0.01):
                seen.append("ann")
    await asyncio.wait_for(use(table, "bob", clock, 1.0, seen), 20.0)
    assert seen == ["bob"]


@pytest.mark.parametrize("steps", range(4))
async def test_whoever_is_cancelled_at_any_moment_loses_no_place(clock, steps):
    table, seen = Turns(1), []
    holding = asyncio.create_task(use(table, "hog", clock, 1.0, seen))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(use(table, "ann", clock, 1.0, seen))
    for _ in range(steps):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(holding, waiting, return_exceptions=True)
    await asyncio.wait_for(use(table, "bob", clock, 1.0, seen), 20.0)
    assert seen[-1] == "bob"


async def test_no_more_origins_are_kept_than_fit(clock, monkeypatch):
    monkeypatch.setattr(turns, "MAX_ORIGINS", 10)
    table = Turns(1)
    for number in range(100):
        await use(table, str(number), clock, 1.0, [])
    assert len(table._debts) == 10
