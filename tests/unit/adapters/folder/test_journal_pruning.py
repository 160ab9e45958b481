"""One client's records go out of the files that nobody writes to any more; nothing else does (15-8)."""

from __future__ import annotations

import os
import time

import pytest
from structlog.testing import capture_logs

from ecluse.adapters.folder import journal_pruning, segment
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_batches import JournalBatches
from ecluse.adapters.folder.journal_pruning import JournalPruning
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.journal_tail import JournalTail
from ecluse.domain.errors import NoRoom, Unavailable
from tests.contract.journal.contract import event

DAY_S = 86_400.0
NOW = time.time()
BEFORE = {"Gone": NOW - 70 * DAY_S}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def pruning(tmp_path, folder):
    return JournalPruning(folder, tmp_path / "state" / "pruned")


def written(folder, days_ago, writer="worker-0"):
    """A file of six records, of three clients in turn, and what they are."""
    journal = FolderJournal(folder, writer, segment_bytes=100_000)
    path = journal._segment.path
    events = [event(NOW - days_ago * DAY_S + at, client=name) for at, name in enumerate(("One", "Gone", "Two") * 2)]
    for each in events:
        journal.append(each)
    journal.close()
    os.utime(path, (NOW - days_ago * DAY_S,) * 2)
    return path, events


def without(events, name="Gone"):
    return [each for each in events if each.client != name]


def test_of_old_files_alone_and_whoever_reads_them_goes_on_where_he_was(tmp_path, folder, pruning):
    old, early = written(folder, 70.01)
    young, late = written(folder, 69.99)
    size, at = old.stat().st_size, old.stat().st_mtime_ns
    batches, tail = JournalBatches(folder, tmp_path / "state" / "position"), JournalTail(folder, since=0.0)
    first = batches.next(3)
    batches.confirm(first)
    list(tail.new_events())
    done = pruning.prune(BEFORE)
    assert (dict(done.by_client), done.is_whole) == ({"Gone": 2}, True)
    assert list(read_events(folder)) == [*without(early), *late]
    assert (old.stat().st_size, old.stat().st_mtime_ns, old.stat().st_mode & 0o777) == (size, at, 0o600)
    assert b"Gone" not in old.read_bytes()
    with capture_logs() as logged:
        rest = batches.next(100)
    assert {each.id for each in (*first.events, *rest.events)} - {early[1].id} == {
        each.id for each in (*without(early), *late)
    }
    assert not list(tail.new_events())
    assert not logged  # A blank is no record of another release.
    assert young.stat().st_size == size


def test_what_was_gone_through_is_not_read_again_but_for_another_client(folder, pruning, monkeypatch):
    written(folder, 100)
    pruning.prune(BEFORE)
    monkeypatch.setattr(journal_pruning, "_without", lambda path, clients: dict.fromkeys(clients, 1))
    assert not pruning.prune(BEFORE).by_client
    assert pruning.prune({**BEFORE, "Two": NOW - 80 * DAY_S}).by_client == {"Two": 1}


def test_a_run_goes_through_so_much_at_most_and_the_next_goes_on(folder, pruning, monkeypatch):
    monkeypatch.setattr(journal_pruning, "AT_ONCE_BYTES", 1)
    for days in (100, 99):
        written(folder, days)
    assert [pruning.prune(BEFORE).is_whole for _ in range(3)] == [False, True, True]
    assert {each.client for each in read_events(folder)} == {"One", "Two"}


def test_the_file_of_a_living_writer_stays_and_goes_when_he_has_ended(folder, pruning):
    journal = FolderJournal(folder, "worker-0", segment_bytes=100_000)
    journal.append(event(client="Gone"))
    (path,) = folder.iterdir()
    os.utime(path, (1.0, 1.0))
    assert not pruning.prune(BEFORE).by_client
    journal.close()
    os.utime(path, (1.0, 1.0))
    assert pruning.prune(BEFORE).by_client == {"Gone": 1}


@pytest.mark.parametrize("step", ["fdatasync", "fsync", "rename", "room"])
def test_what_fails_on_the_way_leaves_the_file_as_it_was(folder, pruning, monkeypatch, step):
    path, events = written(folder, 100)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        if step == "room":
            patch.setattr(journal_pruning, "free_bytes", lambda _: journal_pruning.LEFT_FREE_BYTES)
        elif step == "rename":
            patch.setattr(journal_pruning.Path, "rename", fail)
        else:
            patch.setattr(os, step, fail)
        with pytest.raises(NoRoom if step == "room" else Unavailable):
            pruning.prune(BEFORE)
    assert path.read_bytes() == before
    assert list(folder.iterdir()) == [path]
    path.with_suffix(".pruned").write_bytes(b"of a crash")
    assert pruning.prune(BEFORE).by_client == {"Gone": 2}
    assert list(folder.iterdir()) == [path]
    assert list(read_events(folder)) == without(events)


def test_a_damaged_file_is_named_and_left_alone_and_the_others_are_done(folder, pruning):
    path, _ = written(folder, 100)
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)
    os.utime(path, (1.0, 1.0))
    written(folder, 90, "worker-1")
    with capture_logs() as logged:
        assert pruning.prune(BEFORE).by_client == {"Gone": 2}
        pruning.prune(BEFORE)
    assert [(each["log_level"], each["file"]) for each in logged] == [("error", path.name)]
    assert path.read_bytes() == octets


async def test_a_file_is_written_to_for_a_week_and_goes_on_where_there_is_no_room(folder, monkeypatch):
    journal = FolderJournal(folder, "worker-0", segment_bytes=100_000)
    events = [event(at=float(number)) for number in range(4)]
    monkeypatch.setattr(segment, "LASTS_S", -1.0)

    def no_room(*_):
        raise OSError(28, "No space left on device")

    for number, each in enumerate(events):
        with monkeypatch.context() as patch:
            if number == 2:
                patch.setattr(os, "posix_fallocate", no_room)
            journal.append(each)
            await journal.sync()
    # The first in its own, the second and the third in one, since there was no room; what was tried a moment ago is not again.
    assert len(list(folder.glob("*.journal"))) == 2
    assert list(read_events(folder)) == events
    journal.close()
    assert list(read_events(folder)) == events
