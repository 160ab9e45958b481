"""Whatever a file does to its helper, the room answers, in time, and others do not notice."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import time

import pytest

from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.room import HelperRoom
from ecluse.domain.opened import Opened, Trouble
from ecluse.ports.opener import FileToOpen


def file(content: bytes, name: str = "", *passwords: str) -> FileToOpen:
    return FileToOpen(content, name, passwords)


async def test_a_file_is_opened_with_its_name_and_passwords(room):
    opened = await room.open(file(b"echo " + bytes(3_000_000), "rapport.zip", "s3cret", "infected"))
    assert opened.type == "echo"
    assert opened.texts[:4] == ("rapport.zip", "3000005", "s3cret", "infected")
    assert opened.trouble is Trouble.NONE


@pytest.fixture
def no_garbage_collection():
    """In a process that has run thousands of tests it takes tens of milliseconds by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_a_large_file_lets_others_go_on(make_room, no_garbage_collection):
    opening = asyncio.create_task(make_room(deadline_s=20.0).open(file(b"echo " + bytes(40 << 20))))
    longest, last = 0.0, time.thread_time()
    while not opening.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    assert (await opening).texts[1] == str((40 << 20) + 5)
    # CPU of the loop's own thread: to hash and copy it at one go takes several times as much.
    assert longest < 0.02


async def test_every_way_out_is_closed(room):
    opened = await room.open(file(b"escape"))
    answers = dict(text.split(": ") for text in opened.texts)
    assert len(answers) == 19
    assert {answer for name, answer in answers.items() if name != "fork as the C library does"} == {"EPERM"}, answers
    assert answers["fork as the C library does"] in {"EPERM", "EAGAIN"}


@pytest.mark.parametrize(
    ("mischief", "trouble"),
    [
        (b"crash", Trouble.CRASHED),
        (b"hang", Trouble.TOO_SLOW),
        (b"spin", Trouble.TOO_SLOW),
        (b"memory_bomb", Trouble.TOO_BIG),
        (b"output_bomb", Trouble.TOO_BIG),
        (b"garbage", Trouble.CRASHED),
        (b"endless", Trouble.CRASHED),
        (b"close_everything", Trouble.CRASHED),
        (b"raises", Trouble.CRASHED),
    ],
)
async def test_trouble_is_a_state_and_the_room_serves_on(make_room, mischief, trouble):
    # Filling memory takes its time on a machine that is busy.
    room = make_room(deadline_s=1.0 if trouble is Trouble.TOO_SLOW else 20.0)
    answers = await asyncio.gather(room.open(file(mischief)), room.open(file(b"echo 1", "a")))
    assert answers[0].trouble is trouble
    assert answers[1].texts[0] == "a"
    assert (await room.open(file(b"echo 2", "b"))).texts[0] == "b"


async def test_an_answer_too_large_keeps_type_and_flags(room):
    opened = await room.open(file(b"output_bomb"))
    assert (opened.type, opened.flags, opened.texts) == ("zip", ("bomb",), ())


async def test_half_characters_do_not_end_a_helper(room):
    opened = await room.open(file(b"surrogates"))
    assert opened.members[0].path == ("caf?",)
    assert opened.texts == ("?",)


async def test_a_file_that_ends_three_helpers_is_poison_for_good(make_room, tmp_path):
    first, fresh = make_room(), make_room()
    assert (await first.open(file(b"crash"))).trouble is Trouble.CRASHED  # Two helpers: a crash is tried once more.
    assert (await first.open(file(b"crash"))).trouble is Trouble.CRASHED
    assert (await fresh.open(file(b"crash", "other name"))).trouble is Trouble.POISON
    assert (await fresh.open(file(b"crash 2"))).trouble is Trouble.CRASHED
    names = [path.name for path in (tmp_path / "poison").iterdir()]
    assert all(len(name) == 64 for name in names)


async def test_a_file_that_is_opened_after_all_is_not_held_against_its_sender(make_room, tmp_path):
    poison = PoisonList(tmp_path / "poison")
    one = file(b"echo again")
    for _ in range(2):
        poison.note(hashlib.sha256(one.content).hexdigest())
    assert (await make_room().open(one)).trouble is Trouble.NONE
    assert list((tmp_path / "poison").iterdir()) == []


async def test_of_a_file_that_ended_no_helper_nothing_is_taken_back(make_room, monkeypatch):
    monkeypatch.delattr(PoisonList, "forget")
    assert (await make_room().open(file(b"echo good"))).trouble is Trouble.NONE


async def test_three_hangs_are_poison_too(make_room):
    room = make_room(deadline_s=0.1)
    troubles = [(await room.open(file(b"hang"))).trouble for _ in range(4)]
    assert troubles == [Trouble.TOO_SLOW] * 3 + [Trouble.POISON]


async def test_identical_files_are_opened_once(room):
    first = await room.open(file(b"echo x", "a"))
    again = await room.open(file(b"echo x", "a"))
    assert first == again
    together = await asyncio.gather(*(room.open(file(b"slowly", "a")) for _ in range(20)))
    assert set(together) == {Opened("slow")}
    assert not room._under_way


async def test_other_passwords_are_tried_where_the_answer_was_encrypted(room, monkeypatch):
    asked = []
    ask = HelperRoom._ask_helper

    async def noting(self, one):
        asked.append(one.passwords)
        return await ask(self, one)

    monkeypatch.setattr(HelperRoom, "_ask_helper", noting)
    for passwords in ((), (), ("a",), ("a",)):
        await room.open(file(b"locked_open", "", *passwords))
    assert asked == [(), ("a",)]


async def test_a_helper_is_replaced_after_so_many_files(make_room):
    room = make_room(helpers=1, files_each=3)
    pids = [(await room.open(file(b"echo %d" % number))).texts[-1] for number in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


async def test_no_helper_in_time_is_a_trouble_that_heals(make_room):
    room = make_room(helpers=1, deadline_s=20.0, wait_s=2.0)
    slow = asyncio.create_task(room.open(file(b"hang")))
    await asyncio.sleep(0.1)
    assert (await room.open(file(b"echo"))).trouble is Trouble.BUSY
    slow.cancel()


async def test_one_senders_slow_files_do_not_make_others_wait(make_room):
    room = make_room(helpers=1, deadline_s=0.5)
    hog = [asyncio.create_task(room.open(FileToOpen(b"hang %d" % number, origin="hog"))) for number in range(8)]
    await asyncio.sleep(0.1)
    assert (await room.open(FileToOpen(b"echo", origin="ann"))).trouble is Trouble.NONE
    assert sum(one.done() for one in hog) <= 2
    for one in hog:
        one.cancel()


async def test_a_room_that_is_not_there_is_a_trouble_that_heals(tmp_path):
    room = HelperRoom(tmp_path / "nowhere", PoisonList(tmp_path / "poison"))
    assert (await room.open(file(b"echo"))).trouble is Trouble.BUSY
    assert not (tmp_path / "poison").exists()


async def test_who_gives_up_does_not_end_it_for_others(room):
    impatient = asyncio.create_task(room.open(file(b"slowly")))
    patient = asyncio.create_task(room.open(file(b"slowly")))
    await asyncio.sleep(0.05)
    impatient.cancel()
    assert (await patient).type == "slow"


async def test_closing_ends_every_helper(make_room):
    room = make_room(deadline_s=60.0)
    pid = int((await room.open(file(b"echo"))).texts[-1])
    hanging = asyncio.create_task(room.open(file(b"hang")))
    await asyncio.sleep(0.1)
    await room.close()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    deadline = time.monotonic() + 30
    while os.path.exists(f"/proc/{pid}"):  # noqa: PTH110, ASYNC240 - a look at the kernel, not at a disk.
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
