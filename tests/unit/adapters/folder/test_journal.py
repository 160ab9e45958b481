from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import threading
import time
from datetime import UTC, datetime

import pytest

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.segment import Segment, delete_unchanged_since
from ecluse.domain.errors import NoRoom, Unavailable
from tests.contract.journal.contract import event
from tests.unit.adapters.folder.failing_disk import fail


@pytest.fixture
def begin(tmp_path):
    begun = []

    def begin(writer="worker-0", **options):
        begun.append(FolderJournal(tmp_path, writer, **{"segment_bytes": 100_000, **options}))
        return begun[-1]

    yield begin
    for journal in begun:
        journal.close()


def crash(journal):
    """What is left when the process dies: open files let go of, nothing cut or synced."""
    os.close(journal._segment._fd)
    journal._segment._fd = -1


def only_file(folder):
    (path,) = folder.glob("*.journal")
    return path


# --- Files


async def test_a_file_has_all_its_room_from_the_start_and_is_cut_at_the_end(tmp_path, begin):
    journal = begin()
    assert only_file(tmp_path).stat().st_size == 100_000
    assert only_file(tmp_path).stat().st_blocks * 512 >= 100_000
    journal.append(event())
    journal.close()
    assert only_file(tmp_path).stat().st_size < 1_000


def test_a_file_without_records_is_not_kept(tmp_path, begin):
    begin().close()
    assert list(tmp_path.iterdir()) == []


async def test_a_full_file_is_followed_by_another(tmp_path, begin):
    journal = begin(segment_bytes=2_000)
    written = [event(at=float(number)) for number in range(100)]
    for number, each in enumerate(written):
        journal.append(each)
        if number % 3 == 0:
            await journal.sync()
    await journal.sync()
    assert len(list(tmp_path.glob("*.journal"))) > 10
    assert list(read_events(tmp_path)) == written


async def test_the_next_file_is_prepared_before_it_is_needed(begin):
    journal = begin(segment_bytes=4_000)
    while journal._segment.room > 1_000:
        journal.append(event())
        await journal.sync()
    async with asyncio.timeout(20):
        while journal._spare is None:  # noqa: ASYNC110 - made beside the loop.
            await asyncio.sleep(0.01)
    assert journal.has_room


async def test_a_clock_that_steps_back_costs_no_file_a_round(tmp_path, begin, monkeypatch):
    journal, made = begin(segment_bytes=40_000), []
    real = Segment.__init__

    def make(segment, *arguments):
        real(segment, *arguments)
        made.append(segment)
        # As it is named by a clock that is an hour behind the one that named the file in use.
        earlier = tmp_path / segment.path.name.replace(f"-{datetime.now(UTC):%Y}", "-1999")
        segment.path = segment.path.rename(earlier)

    monkeypatch.setattr(Segment, "__init__", make)
    while journal._segment.room > 5_000:
        journal.append(event())
        await journal.sync()
        await asyncio.sleep(0.001)
    async with asyncio.timeout(20):
        while journal._preparing is not None:  # noqa: ASYNC110 - made beside the loop.
            await asyncio.sleep(0.01)
    assert len(made) == 1
    assert journal._spare is made[0]


async def test_a_file_that_was_begun_before_the_one_in_use_does_not_follow_it(tmp_path, begin, monkeypatch):
    journal, gate, real = begin(segment_bytes=4_000), threading.Event(), Segment.__init__

    def make_late(segment, *arguments):
        real(segment, *arguments)
        if threading.current_thread() is not threading.main_thread():
            gate.wait(60)

    monkeypatch.setattr(Segment, "__init__", make_late)
    written = [event(at=float(number)) for number in range(40)]
    for each in written:
        journal.append(each)
        await journal.sync()
    assert journal._preparing is not None
    gate.set()
    async with asyncio.timeout(20):
        while journal._preparing is not None:  # noqa: ASYNC110 - made beside the loop.
            await asyncio.sleep(0.01)
    assert journal._spare is None
    assert list(read_events(tmp_path)) == written


def test_a_record_larger_than_a_file_is_refused_and_disturbs_nothing(tmp_path, begin):
    journal, small = begin(segment_bytes=2_000), event()
    with pytest.raises(NoRoom):
        journal.append(event(reply="x" * 3_000))
    journal.append(small)
    assert list(read_events(tmp_path)) == [small]


@pytest.mark.parametrize("writer", ["", "../x", "a/b", ".hidden"])
def test_a_writer_that_cannot_name_a_file_is_refused(tmp_path, writer):
    with pytest.raises(ValueError, match="cannot name a file"):
        FolderJournal(tmp_path, writer)


# --- After a crash


def test_a_torn_tail_is_cut_at_start_and_all_before_it_is_kept(tmp_path, begin):
    journal = begin()
    written = [event(at=float(number)) for number in range(3)]
    ends = []
    for each in written:
        journal.append(each)
        ends.append(journal._segment._end)
    crash(journal)
    path = only_file(tmp_path)
    whole = path.read_bytes()
    for cut in range(ends[0], ends[2] + 1, 13):
        path.write_bytes(whole[:cut] + b"\xff" * 20 + bytes(100_000 - cut - 20))
        begin().close()
        complete = sum(end <= cut for end in ends)
        assert list(read_events(tmp_path)) == written[:complete]
        assert path.stat().st_size == ends[complete - 1]


def test_what_follows_a_damaged_record_is_dropped(tmp_path, begin):
    journal = begin()
    first, second, third = (event(at=float(number)) for number in range(3))
    journal.append(first)
    end = journal._segment._end
    journal.append(second)
    journal.append(third)
    crash(journal)
    path = only_file(tmp_path)
    octets = bytearray(path.read_bytes())
    octets[end + 20] ^= 1
    path.write_bytes(octets)
    begin().close()
    assert list(read_events(tmp_path)) == [first]
    assert path.stat().st_size == end


def test_a_crash_before_the_first_record_leaves_nothing(tmp_path, begin):
    crash(begin())
    begin("worker-1")
    assert [path.name[:8] for path in tmp_path.iterdir()] == ["worker-1"]


def test_the_file_of_a_living_writer_is_not_touched(tmp_path, begin):
    living = begin("worker-0")
    living.append(event(at=1.0))
    begin("worker-1")
    assert delete_unchanged_since(tmp_path, time.time() + 60) == 0
    living.append(event(at=2.0))
    assert [each.at for each in read_events(tmp_path)] == [1.0, 2.0]


def test_a_file_that_is_no_journal_is_left_alone(tmp_path, begin):
    (tmp_path / "notes.journal").write_bytes(b"something else" * 10)
    begin()
    assert (tmp_path / "notes.journal").read_bytes() == b"something else" * 10
    assert list(read_events(tmp_path)) == []


# --- Age


def test_files_beyond_their_days_are_deleted_by_order_and_not_by_their_next_writer(tmp_path, begin):
    for days in (1, 400):
        journal = begin(f"worker-{days}")
        journal.append(event(at=float(days)))
        journal.close()
        for path in tmp_path.glob(f"worker-{days}-*"):
            os.utime(path, (time.time() - days * 86_400,) * 2)
    begin("worker-1").close()
    assert [each.at for each in read_events(tmp_path)] == [1.0, 400.0]
    assert delete_unchanged_since(tmp_path, time.time() - 365 * 86_400) == 1
    assert [each.at for each in read_events(tmp_path)] == [1.0]


# --- Many callers


async def test_who_comes_during_a_sync_shares_the_next(begin, monkeypatch):
    journal, syncs = begin(), []
    real, gate = os.fdatasync, threading.Event()

    def slow(fd):
        syncs.append(fd)
        gate.wait(60)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", slow)
    journal.append(event())
    first = asyncio.ensure_future(journal.sync())
    async with asyncio.timeout(20):
        while not syncs:  # noqa: ASYNC110 - called beside the loop.
            await asyncio.sleep(0.01)
    late = []
    for _ in range(20):
        journal.append(event())
        late.append(asyncio.ensure_future(journal.sync()))
    await asyncio.sleep(0.01)
    assert not first.done()
    gate.set()
    await asyncio.gather(first, *late)
    assert len(syncs) == 2


async def test_sync_does_not_return_before_the_disk_has_answered(begin, monkeypatch):
    journal, gate = begin(), threading.Event()
    monkeypatch.setattr(os, "fdatasync", lambda _: gate.wait(60))
    journal.append(event())
    covered = asyncio.ensure_future(journal.sync())
    await asyncio.sleep(0.05)
    joined = asyncio.ensure_future(journal.sync())
    await asyncio.sleep(0.05)
    assert not covered.done()
    assert not joined.done()
    gate.set()
    await asyncio.gather(covered, joined)


async def test_closing_settles_those_who_still_wait(begin):
    journal = begin()
    journal.append(event())
    waiting = asyncio.ensure_future(journal.sync())
    await asyncio.sleep(0)
    journal.close()
    async with asyncio.timeout(20):
        await waiting


# --- A failing disk


async def test_a_failed_sync_fails_all_its_callers_and_the_journal_goes_on(tmp_path, begin, monkeypatch):
    journal = begin()
    failures = fail(monkeypatch, "fdatasync", errno.EIO)
    before, lost, after = (event(at=float(number)) for number in range(3))
    journal.append(before)
    await journal.sync()
    failures.append(1)
    journal.append(lost)
    outcomes = await asyncio.gather(*(journal.sync() for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in outcomes] == [Unavailable] * 3
    journal.append(after)
    await journal.sync()
    journal.close()
    assert list(read_events(tmp_path)) == [before, lost, after]
    assert len(list(tmp_path.glob("*.journal"))) == 2


async def test_what_was_appended_during_a_failed_sync_is_durable_with_the_next(tmp_path, begin, monkeypatch):
    journal, gate = begin(), threading.Event()
    first, second = event(at=1.0), event(at=2.0)

    def fail_late(_):
        gate.wait(60)
        raise OSError(errno.EIO, "I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fail_late)
        journal.append(first)
        doomed = asyncio.ensure_future(journal.sync())
        await asyncio.sleep(0.02)
        journal.append(second)
        gate.set()
        with pytest.raises(Unavailable):
            await doomed
    await journal.sync()
    assert list(read_events(tmp_path)) == [first, second]


async def test_a_disk_that_stays_broken_is_unavailable_until_it_heals(tmp_path, begin, monkeypatch):
    journal = begin()
    monkeypatch.setattr("ecluse.adapters.folder.journal._RETRY_S", 0.0)
    with monkeypatch.context() as patched:
        fail(patched, "fdatasync", errno.EIO).append(1)
        fail(patched, "posix_fallocate", errno.EIO).extend([1] * 100)
        journal.append(event(at=1.0))
        with pytest.raises(Unavailable):
            await journal.sync()
        with pytest.raises(Unavailable):
            journal.append(event(at=2.0))
        with pytest.raises(Unavailable):
            await journal.sync()
        assert not journal.has_room
    assert journal.has_room
    journal.append(event(at=3.0))
    await journal.sync()
    assert [each.at for each in read_events(tmp_path)] == [1.0, 3.0]


def test_without_room_for_another_file_there_is_no_room_before_the_last_record_fails(begin, monkeypatch):
    journal = begin(segment_bytes=8_000)
    fail(monkeypatch, "posix_fallocate").extend([1] * 1_000)
    while journal.has_room:
        journal.append(event())
    journal.append(event())
    while journal._segment.room > 500:
        journal.append(event())
    with pytest.raises(NoRoom):
        journal.append(event(reply="x" * 500))


def test_room_is_looked_for_once_a_second_at_most(begin, monkeypatch):
    journal = begin(segment_bytes=8_000)
    failures = fail(monkeypatch, "posix_fallocate")
    failures.extend([1] * 1_000)
    while journal.has_room:
        journal.append(event())
    assert not any(journal.has_room for _ in range(500))
    assert len(failures) >= 998


def test_a_disk_too_small_for_a_first_file_is_no_room(tmp_path, monkeypatch):
    fail(monkeypatch, "posix_fallocate").append(1)
    with pytest.raises(NoRoom):
        FolderJournal(tmp_path, "worker-0")
    assert list(tmp_path.iterdir()) == []


async def test_a_journal_that_waits_for_room_begins_on_a_full_disk(tmp_path, begin, monkeypatch):
    failures = fail(monkeypatch, "posix_fallocate")
    failures.extend([1] * 100)
    monkeypatch.setattr("ecluse.adapters.folder.journal._RETRY_S", 0.0)
    journal = begin(waits_for_room=True)
    assert not journal.has_room
    with pytest.raises(NoRoom):
        journal.append(event())
    with pytest.raises(NoRoom):
        await journal.sync()
    failures.clear()
    assert journal.has_room
    journal.append(event(at=1.0))
    await journal.sync()
    journal.close()
    assert [each.at for each in read_events(tmp_path)] == [1.0]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_journal_that_never_had_room_leaves_nothing(tmp_path, begin, monkeypatch):
    fail(monkeypatch, "posix_fallocate").append(1)
    begin(waits_for_room=True).close()
    assert list(tmp_path.iterdir()) == []


def test_the_writer_holds_its_file(tmp_path, begin):
    begin()
    with only_file(tmp_path).open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
