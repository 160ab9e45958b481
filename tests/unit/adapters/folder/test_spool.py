from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import time
from types import SimpleNamespace

import msgspec
import pytest

from ecluse.adapters.folder import spool as spool_module
from ecluse.adapters.folder.spool import FolderSpool, bucket_of
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible, NoRoom, Unavailable
from ecluse.domain.queue import Progress, QueuedRecipient, parts_of
from tests.contract.spool.contract import ANN, CAROL, LATER, TO_ALL, queued
from tests.unit.adapters.folder.failing_disk import fail

DORA = QueuedRecipient(Address("dora", "three.example"))


@pytest.fixture
def spool(tmp_path):
    spool = FolderSpool(tmp_path, reserve_bytes=0)
    yield spool
    spool.close()


@pytest.fixture
async def kept(spool):
    message = queued()
    await spool.keep(message, MemoryContent(b"the message\r\n" * 100))
    return message


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def file_of(folder, message):
    return folder / "queue" / f"{bucket_of(message.destination):02x}" / message.id


def flip(path, position):
    octets = bytearray(path.read_bytes())
    octets[position] ^= 0xFF
    path.write_bytes(octets)


# --- Where files lie


def test_a_destination_keeps_its_bucket_over_releases():
    assert [bucket_of("one.example"), bucket_of("two.example"), bucket_of("ONE.example")] == [191, 140, 191]


async def test_messages_can_be_walked_bucket_by_bucket(spool):
    kept = [queued(destination=f"{number}.example") for number in range(20)]
    for message in kept:
        await spool.keep(message, MemoryContent(b"x"))
    even = {message.id for message in spool.messages(lambda bucket: bucket % 2 == 0)}
    odd = {message.id for message in spool.messages(lambda bucket: bucket % 2 == 1)}
    assert even == {message.id for message in kept if bucket_of(message.destination) % 2 == 0}
    assert len(even) + len(odd) == 20
    assert even
    assert odd


async def test_nobody_else_may_read_the_mail(tmp_path, spool, kept):
    assert [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o077] == []


# --- Damage


@pytest.mark.parametrize("position", [0, 8, 30, 40], ids=["magic", "header size", "checksum", "header"])
async def test_a_damaged_file_is_moved_aside_and_the_walk_goes_on(tmp_path, spool, kept, position):
    other = queued()
    await spool.keep(other, MemoryContent(b"x"))
    flip(file_of(tmp_path, kept), position)
    assert list(spool.messages()) == [other]
    assert f"damaged/{kept.id}" in files(tmp_path)
    assert spool.read(kept.id) is None


async def test_content_that_changed_is_never_given_out(tmp_path, spool, kept):
    flip(file_of(tmp_path, kept), file_of(tmp_path, kept).stat().st_size - 5)
    with pytest.raises(Impossible, match="checksum"):
        spool.content(kept.id)
    assert files(tmp_path) == [f"damaged/{kept.id}"]


async def test_a_file_cut_anywhere_is_damaged(tmp_path, spool, kept):
    whole = file_of(tmp_path, kept).read_bytes()
    for size in range(0, len(whole), 7):
        file_of(tmp_path, kept).write_bytes(whole[:size])
        assert list(spool.messages()) == []
        assert files(tmp_path) == [f"damaged/{kept.id}"]
    with pytest.raises(Impossible):
        await spool.record(kept.id, LATER)


async def test_old_damaged_files_are_purged(tmp_path, spool, kept):
    flip(file_of(tmp_path, kept), 0)
    assert list(spool.messages()) == []
    assert spool.purge_damaged(time.time() - 60) == 0
    assert spool.purge_damaged(time.time() + 60) == 1
    assert files(tmp_path) == []


async def test_a_torn_step_is_ignored_and_replaced_by_the_next(tmp_path, spool, kept):
    path = file_of(tmp_path, kept)
    start = path.stat().st_size
    once = await spool.record(kept.id, LATER)
    one_step = path.stat().st_size
    await spool.record(kept.id, LATER)
    whole = path.read_bytes()
    for size in range(one_step, len(whole), 11):
        path.write_bytes(whole[:size])
        assert spool.read(kept.id) == once
    for garbage in (b"\0" * 600, b"\xff" * 600):
        path.write_bytes(whole[:start] + garbage)
        assert spool.read(kept.id) == kept
    path.write_bytes(whole[:one_step] + b"\xff" * 600)
    assert (await spool.record(kept.id, LATER)).attempts == 2
    assert spool.read(kept.id).attempts == 2
    assert path.stat().st_size == len(whole)


# --- Other releases


async def test_a_file_of_the_next_release_is_read(tmp_path, spool, kept, monkeypatch):
    encode = msgspec.msgpack.Encoder().encode

    def with_new_fields(value):
        return encode({**msgspec.msgpack.decode(msgspec.msgpack.encode(value)), "new_field": {"a": [1]}})

    monkeypatch.setattr("ecluse.adapters.folder.spool_file._encode", with_new_fields)
    message = queued()
    await spool.keep(message, MemoryContent(b"x"))
    await spool.record(message.id, LATER)
    monkeypatch.undo()
    assert spool.read(message.id).attempts == 1


async def test_a_file_of_the_previous_release_gets_the_new_fields_defaults(spool, monkeypatch):
    encode = msgspec.msgpack.Encoder().encode

    def without_later_fields(value):
        fields = msgspec.msgpack.decode(msgspec.msgpack.encode(value))
        return encode({name: fields[name] for name in fields if name not in {"has_delay_notice", "verdict", "by"}})

    monkeypatch.setattr("ecluse.adapters.folder.spool_file._encode", without_later_fields)
    message = queued()
    await spool.keep(message, MemoryContent(b"x"))
    monkeypatch.undo()
    assert spool.read(message.id) == message


async def test_what_only_another_release_can_read_stays_where_it_is(tmp_path, spool, kept, monkeypatch):
    monkeypatch.setattr("ecluse.adapters.folder.spool_file._FORMAT", 9)
    message = queued()
    await spool.keep(message, MemoryContent(b"x"))
    monkeypatch.undo()
    assert list(spool.messages()) == [kept]
    assert file_of(tmp_path, message).exists()


async def test_the_content_of_a_damaged_part_is_purged_with_it(tmp_path, spool):
    damaged, whole = parts_of(queued(recipients=(ANN, CAROL)))
    await spool.keep_parts((damaged, whole), MemoryContent(b"x"))
    flip(file_of(tmp_path, damaged), 0)
    assert list(spool.messages()) == [whole]
    assert spool.purge_damaged(time.time() + 60) == 1
    assert files(tmp_path / "contents") == [whole.id]
    assert spool.content(whole.id).slice(0, 1) == b"x"


async def test_what_was_kept_again_loses_nothing_to_the_purge_of_its_damaged_file(tmp_path, spool):
    parts = parts_of(queued(recipients=(ANN, CAROL)))
    await spool.keep_parts(parts, MemoryContent(b"x"))
    (tmp_path / "contents" / parts[0].id).unlink()
    with pytest.raises(Impossible, match="the content is missing"):
        spool.content(parts[0].id)
    await spool.remove(parts[1].id)
    await spool.keep_parts(parts, MemoryContent(b"again"))
    assert spool.purge_damaged(time.time() + 60) == 1
    assert spool.content(parts[0].id).slice(0, 5) == b"again"


async def test_a_start_takes_away_what_a_crash_left_of_contents_and_nothing_else(tmp_path, spool):
    cut_short, whole = parts_of(queued(recipients=(ANN, CAROL)))
    await spool.keep_parts((cut_short, whole), MemoryContent(b"x"))
    file_of(tmp_path, cut_short).unlink()
    FolderSpool(tmp_path, reserve_bytes=0).close()
    assert files(tmp_path / "contents") == [whole.id]
    assert spool.content(whole.id).slice(0, 1) == b"x"


# --- A failing disk


@pytest.mark.parametrize("call", ["open", "write", "pwrite", "fsync", "mkdir", "rename"])
async def test_a_full_disk_keeps_nothing_and_leaves_nothing(tmp_path, spool, monkeypatch, call):
    failures = fail(monkeypatch, call)
    failures.append(1)
    message = queued()
    with pytest.raises(NoRoom):
        await spool.keep(message, MemoryContent(b"x" * 300_000))
    assert not failures
    assert files(tmp_path) == []
    await spool.keep(message, MemoryContent(b"x"))
    assert spool.read(message.id) == message


@pytest.mark.parametrize("wanted", range(1, 4))
async def test_parts_for_which_descriptors_run_out_leave_nothing(tmp_path, spool, monkeypatch, wanted):
    real = spool_module.write_without_content
    written = []

    def write_without_content(*arguments):
        written.append(arguments)
        if len(written) == wanted:
            raise OSError(errno.EMFILE, "Too many open files")
        real(*arguments)

    monkeypatch.setattr(spool_module, "write_without_content", write_without_content)
    parts = parts_of(queued(recipients=(ANN, CAROL, DORA)))
    with pytest.raises(Unavailable):
        await spool.keep_parts(parts, MemoryContent(b"x"))
    assert files(tmp_path) == []
    await spool.keep_parts(parts, MemoryContent(b"x"))
    assert {each.id for each in spool.messages()} == {each.id for each in parts}


async def test_a_folder_that_cannot_be_synced_keeps_nothing(tmp_path, spool, kept, monkeypatch):
    await spool.remove(kept.id)
    real, syncs = os.fsync, []

    def fail_the_second(fd):
        syncs.append(fd)
        if len(syncs) == 2:
            raise OSError(errno.EIO, "I/O error")
        real(fd)

    monkeypatch.setattr(os, "fsync", fail_the_second)
    with pytest.raises(Unavailable):
        await spool.keep(queued(), MemoryContent(b"x"))
    assert files(tmp_path) == []


async def test_a_step_that_finds_no_room_leaves_the_message_as_it_was(spool, kept, monkeypatch):
    fail(monkeypatch, "pwrite").append(1)
    with pytest.raises(NoRoom):
        await spool.record(kept.id, LATER)
    assert spool.read(kept.id) == kept


async def test_the_last_step_needs_no_room(tmp_path, spool, kept, monkeypatch):
    fail(monkeypatch, "pwrite").append(1)
    await spool.record(kept.id, TO_ALL)
    assert files(tmp_path) == []


async def test_the_reserve_is_left_alone(tmp_path, monkeypatch):
    blocks = SimpleNamespace(f_files=10, f_favail=5, f_bavail=1_000, f_frsize=4_096)
    monkeypatch.setattr(os, "statvfs", lambda _: blocks)
    spool = FolderSpool(tmp_path, reserve_bytes=4_000_000)
    assert spool.has_room
    with pytest.raises(NoRoom):
        await spool.keep(queued(), MemoryContent(b"x" * 100_000))
    await spool.keep(queued(), MemoryContent(b"x" * 90_000))
    spool.close()


@pytest.mark.parametrize("state", [(10, 5, 900), (10, 0, 1_000)], ids=["blocks", "inodes"])
async def test_a_disk_at_its_reserve_has_no_room(tmp_path, monkeypatch, state):
    files_in_all, files_free, free = state
    blocks = SimpleNamespace(f_files=files_in_all, f_favail=files_free, f_bavail=free, f_frsize=4_096)
    monkeypatch.setattr(os, "statvfs", lambda _: blocks)
    spool = FolderSpool(tmp_path, reserve_bytes=4_000_000)
    assert not spool.has_room
    with pytest.raises(NoRoom):
        await spool.keep(queued(), MemoryContent(b""))
    spool.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO])
async def test_a_message_that_cannot_be_opened_now_is_not_said_to_be_gone(spool, kept, monkeypatch, number):
    failures = fail(monkeypatch, "open", number)
    for look in (spool.read, spool.content, lambda message_id: spool.lock(message_id).__enter__()):
        failures.append(1)
        with pytest.raises(Unavailable, match=os.strerror(number)):
            look(kept.id)
        assert not failures
    assert spool.read(kept.id) == kept


async def test_a_message_that_cannot_be_opened_now_does_not_end_the_walk(spool, kept, monkeypatch):
    failures = fail(monkeypatch, "open", errno.EMFILE)
    failures.append(1)
    assert list(spool.messages()) == []
    assert list(spool.messages()) == [kept]


@pytest.mark.parametrize("is_bucket", [False, True], ids=["the queue", "a bucket"])
async def test_folders_that_cannot_be_listed_are_not_said_to_be_empty(spool, kept, monkeypatch, is_bucket):
    failures, real = fail(monkeypatch, "listdir", errno.EMFILE), spool._buckets

    def buckets():
        found = real()
        failures.append(1)
        return found

    if is_bucket:
        monkeypatch.setattr(spool, "_buckets", buckets)
    else:
        failures.append(1)
    with pytest.raises(Unavailable, match="Too many open files"):
        list(spool.messages())
    monkeypatch.undo()
    assert list(spool.messages()) == [kept]


async def test_what_fails_while_a_lock_is_held_is_not_taken_for_a_fault_of_the_spool(spool, kept):
    with pytest.raises(OSError, match="of another"), spool.lock(kept.id):
        raise OSError(errno.EIO, "of another")


# --- After a crash


async def test_a_finished_message_whose_name_came_back_is_removed(tmp_path, spool, kept):
    path = file_of(tmp_path, kept)
    os.link(path, tmp_path / "came back")
    await spool.record(kept.id, TO_ALL)
    (tmp_path / "came back").rename(path)
    assert spool.read(kept.id) is None
    assert list(spool.messages()) == []
    assert files(tmp_path) == []


def test_drafts_of_the_dead_are_swept_and_those_of_the_living_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "_LEFTOVER_AGE_S", 10.0)
    drafts = tmp_path / "tmp"
    drafts.mkdir()
    for name, age in (("dead", 100), ("young", 1), ("alive", 100)):
        (drafts / name).write_bytes(b"half a mess")
        os.utime(drafts / name, (time.time() - age,) * 2)
    with (drafts / "alive").open() as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        FolderSpool(tmp_path, reserve_bytes=0).close()
        assert files(tmp_path) == ["tmp/alive", "tmp/young"]


async def test_held_mail_beyond_its_days_is_found(spool):
    old, young = queued(received_at=1_000.0), queued(received_at=2_000.0)
    for message in (old, young):
        await spool.keep(message, MemoryContent(b"x"))
    assert list(spool.expired_before(1_500.0)) == [old]


async def test_a_step_that_waited_while_the_message_was_finished_is_not_recorded(tmp_path, spool, kept):
    path = file_of(tmp_path, kept)
    with path.open("r+b") as other:
        fcntl.fcntl(other, fcntl.F_OFD_SETLKW, spool_module._WRITE_LOCK)
        recording = asyncio.ensure_future(spool.record(kept.id, LATER))
        await asyncio.sleep(0.1)
        assert not recording.done()
        path.unlink()
    with pytest.raises(Impossible):
        await asyncio.wait_for(recording, 20)


async def test_many_places_are_forgotten_without_harm(spool, kept, monkeypatch):
    monkeypatch.setattr(spool_module, "_PLACES_KEPT", 2)
    others = [queued(destination=f"{number}.example") for number in range(5)]
    for message in others:
        await spool.keep(message, MemoryContent(b"x"))
    assert spool.read(kept.id) == kept
    assert (await spool.record(others[0].id, Progress(1.0, {}, is_attempt=True))).attempts == 1
