"""A file has its deadline for itself: the time that its helper waits for a processor is added to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from ecluse.adapters.room.helper import HelperDied
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.domain.errors import Unavailable
from ecluse.domain.opened import Opened, Trouble
from ecluse.ports.opener import FileToOpen

FILE = FileToOpen(b"x", "x.txt")
DEADLINE_S = 0.2


class SlowHelper:
    """Answers after a while, if ever; of the time that has passed it waited this share for a processor."""

    def __init__(self, answers_after_s: float, waited: float = 0.0) -> None:
        self._answers_after_s, self._waited = answers_after_s, waited
        self._began = asyncio.get_running_loop().time()
        self.was_cancelled = False
        self.asked_what_it_waited = 0

    @property
    def queued_s(self) -> float:
        self.asked_what_it_waited += 1
        return 5.0 + self._waited * (asyncio.get_running_loop().time() - self._began)

    async def ask(self, file: FileToOpen, silent: Iterable[bytes] = ()) -> Opened:
        try:
            await asyncio.sleep(self._answers_after_s)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return Opened("text")


@pytest.fixture
def room(tmp_path):
    return HelperRoom(
        tmp_path / "door", PoisonList(tmp_path / "poison"), Pool(deadline_s=DEADLINE_S, patience_s=4 * DEADLINE_S)
    )


async def test_who_waited_for_a_processor_has_that_time_on_top(room):
    helper = SlowHelper(2 * DEADLINE_S, waited=1.0)
    assert await room._patiently(helper, FILE) == Opened("text")


@pytest.mark.parametrize("waited", [0.0, 0.5])
async def test_who_had_a_processor_and_still_does_not_answer_is_too_slow(room, waited):
    helper = SlowHelper(60.0, waited)
    with pytest.raises(TimeoutError):
        await room._patiently(helper, FILE)
    await asyncio.sleep(0)
    assert helper.was_cancelled


async def test_who_answers_in_time_is_not_asked_what_it_waited(tmp_path):
    room = HelperRoom(tmp_path / "door", PoisonList(tmp_path / "poison"), Pool(deadline_s=60, patience_s=240))
    helper = SlowHelper(0.0)
    assert await room._patiently(helper, FILE) == Opened("text")
    assert helper.asked_what_it_waited == 1  # Before.


async def test_who_answers_while_it_is_asked_what_it_waited_has_answered(room):
    class Late(SlowHelper):
        def __init__(self) -> None:
            super().__init__(0.0, waited=1.0)
            self._may_answer = asyncio.Event()

        @property
        def queued_s(self) -> float:
            waited = super().queued_s
            if self.asked_what_it_waited == 2:
                self._may_answer.set()
            return waited

        async def ask(self, file: FileToOpen, silent: Iterable[bytes] = ()) -> Opened:
            await self._may_answer.wait()
            return Opened("text")

    assert await room._patiently(Late(), FILE) == Opened("text")


async def test_a_machine_without_a_free_processor_is_no_reproach_to_the_file(room):
    helper = SlowHelper(60.0, waited=1.0)
    with pytest.raises(Unavailable):
        await room._patiently(helper, FILE)
    assert (await room._timed(SlowHelper(60.0, waited=1.0), FILE)).trouble is Trouble.BUSY


async def test_who_fails_is_not_waited_for(room):
    class Dead(SlowHelper):
        async def ask(self, file: FileToOpen, silent: Iterable[bytes] = ()) -> Opened:
            raise HelperDied

    assert (await room._timed(Dead(0.0), FILE)).trouble is Trouble.CRASHED


def test_a_good_answer_takes_back_what_was_noted_of_a_file(tmp_path):
    poison = PoisonList(tmp_path)
    assert [poison.note("a" * 64), poison.note("a" * 64)] == [1, 2]
    poison.forget("a" * 64)
    poison.forget("never noted")
    assert poison.note("a" * 64) == 1
