"""Batches of the journal: nothing is lost, and what was confirmed does not come again."""

from __future__ import annotations

import pytest

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_batches import JournalBatches
from tests.contract.journal.contract import event


@pytest.fixture
def journal(tmp_path):
    journal = FolderJournal(tmp_path / "journal", "worker-0", segment_bytes=2_000)
    yield journal
    journal.close()


def batches(tmp_path):
    return JournalBatches(tmp_path / "journal", tmp_path / "state" / "position")


def write(journal, count):
    events = [event() for _ in range(count)]
    for each in events:
        journal.append(each)
    return events


def take_all(reader, most=7):
    taken = []
    while (batch := reader.next(most)).events:
        assert len(batch.events) <= most
        taken += batch.events
        reader.confirm(batch)
    return taken


def test_everything_comes_once_over_many_files(journal, tmp_path):
    written = write(journal, 50)
    other = FolderJournal(tmp_path / "journal", "delivery-0", segment_bytes=2_000)
    written += write(other, 20)
    reader = batches(tmp_path)
    taken = take_all(reader)
    assert sorted(taken, key=lambda one: one.id) == sorted(written, key=lambda one: one.id)
    other.close()
    more = write(journal, 3)
    assert list(reader.next(10).events) == more


def test_what_was_not_confirmed_comes_again(journal, tmp_path):
    written = write(journal, 3)
    reader = batches(tmp_path)
    assert list(reader.next(10).events) == written
    assert list(reader.next(10).events) == written
    reader.confirm(reader.next(2))
    assert list(reader.next(10).events) == written[2:]


def test_the_next_process_goes_on_where_the_last_was(journal, tmp_path):
    write(journal, 30)
    take_all(batches(tmp_path))
    more = write(journal, 2)
    assert list(batches(tmp_path).next(10).events) == more


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\0" * 4])
def test_a_memory_that_cannot_be_read_lets_everything_come_again(journal, tmp_path, content):
    written = write(journal, 3)
    take_all(batches(tmp_path))
    (tmp_path / "state" / "position").write_bytes(content)
    assert take_all(batches(tmp_path)) == written


def test_a_record_of_another_release_holds_up_nothing(journal, tmp_path, monkeypatch):
    monkeypatch.setattr("ecluse.adapters.folder.journal._record", lambda _event: b"\x93\x01\x02\x03")
    write(journal, 2)
    monkeypatch.undo()
    written = write(journal, 1)
    reader = batches(tmp_path)
    batch = reader.next(10)
    assert list(batch.events) == written
    reader.confirm(batch)
    assert reader.next(10).events == ()


def test_files_that_were_purged_are_forgotten(journal, tmp_path):
    write(journal, 30)
    reader = batches(tmp_path)
    take_all(reader)
    files = sorted((tmp_path / "journal").glob("*.journal"))
    files[0].unlink()
    more = write(journal, 1)
    batch = reader.next(10)
    assert list(batch.events) == more
    assert files[0].name not in batch.positions
