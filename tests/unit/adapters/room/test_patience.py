"""A file has its deadline for itself: the time that its helper waits for a processor is added to it."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.domain.opened import Opened
from ecluse.ports.opener import FileToOpen

FILE = FileToOpen(b"x", "x.txt")
DEADLINE_S = 0.2


class SlowHelper:
    """Answers after a while, of which it has waited so long for a processor."""

    def __init__(self, answers_after_s: float, waited_s: float) -> None:
        self._answers_after_s, self._waited = answers_after_s, iter((5.0, 5.0 + waited_s))
        self.was_cancelled = False

    @property
    def queued_s(self) -> float:
        return next(self._waited)

    async def ask(self, file: FileToOpen) -> Opened:
        try:
            await asyncio.sleep(self._answers_after_s)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return Opened("text")


@pytest.fixture
def room(tmp_path):
    return HelperRoom(tmp_path / "door", PoisonList(tmp_path / "poison"), Pool(deadline_s=DEADLINE_S))


class LateHelper:
    """Answers as soon as it is asked, after its deadline, how long it has waited for a processor."""

    def __init__(self) -> None:
        self._asked, self._is_late = 0, asyncio.Event()

    @property
    def queued_s(self) -> float:
        self._asked += 1
        if self._asked == 2:
            self._is_late.set()
        return 60.0 * self._asked

    async def ask(self, file: FileToOpen) -> Opened:
        await self._is_late.wait()
        return Opened("text")


async def test_who_waited_for_a_processor_has_that_time_on_top(room):
    assert await room._patiently(LateHelper(), FILE) == Opened("text")


@pytest.mark.parametrize(("answers_after_s", "waited_s"), [(60.0, 0.0), (60.0, 0.2), (60.0, 60.0)])
async def test_who_had_a_processor_and_still_does_not_answer_is_too_slow(room, answers_after_s, waited_s):
    helper = SlowHelper(answers_after_s, waited_s)
    with pytest.raises(TimeoutError):
        await room._patiently(helper, FILE)
    await asyncio.sleep(0)
    assert helper.was_cancelled


async def test_who_answers_in_time_is_not_asked_what_it_waited(room):
    helper = SlowHelper(0.0, waited_s=0.0)
    assert await room._patiently(helper, FILE) == Opened("text")
    assert helper.queued_s == 5.0  # The second figure: it was asked once, before.
