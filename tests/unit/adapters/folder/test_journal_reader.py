from __future__ import annotations

import os
import time
from dataclasses import replace

import msgspec
import pytest

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from tests.contract.journal.contract import event


@pytest.fixture
def two_writers(tmp_path):
    """Ten events a second apart, the last one now, written in turn by two writers with small files."""
    writers = [FolderJournal(tmp_path, f"worker-{number}", segment_bytes=1_000) for number in range(2)]
    now = time.time()
    written = [event(at=now - 9 + number) for number in range(10)]
    for number, each in enumerate(written):
        writers[number % 2].append(each)
    yield written
    for writer in writers:
        writer.close()


def test_events_of_all_writers_are_merged_by_time(tmp_path, two_writers):
    assert list(read_events(tmp_path)) == two_writers


def test_only_the_time_asked_for_is_read(tmp_path, two_writers):
    found = list(read_events(tmp_path, since=two_writers[3].at, until=two_writers[6].at))
    assert found == two_writers[3:7]


def test_files_outside_the_time_are_not_opened(tmp_path, two_writers, monkeypatch):
    for path in tmp_path.glob("*.journal"):
        os.utime(path, (time.time() - 90_000,) * 2)
        path.chmod(0)
    opened = []
    monkeypatch.setattr("ecluse.adapters.folder.journal_reader.records", lambda path: opened.append(path) or iter(()))
    assert list(read_events(tmp_path, since=time.time() - 3_600)) == []
    assert list(read_events(tmp_path, until=time.time() - 90_000)) == []
    assert opened == []


def test_a_folder_without_journals_has_no_events(tmp_path):
    assert list(read_events(tmp_path)) == []
    assert list(read_events(tmp_path / "missing")) == []


def test_a_record_of_the_next_release_is_read_and_one_beyond_us_left_out(tmp_path, monkeypatch):
    encode = msgspec.msgpack.Encoder().encode
    known = event(at=1.0)
    journal = FolderJournal(tmp_path, "worker-0", segment_bytes=10_000)
    with monkeypatch.context() as patched:
        patched.setattr(
            "ecluse.adapters.folder.journal._encode",
            lambda value: encode({**msgspec.to_builtins(value), "new_field": 1}),
        )
        journal.append(known)
        patched.setattr(
            "ecluse.adapters.folder.journal._encode",
            lambda value: encode({**msgspec.to_builtins(value), "stage": "not yet invented"}),
        )
        journal.append(event(at=2.0))
    last = replace(known, at=3.0)
    journal.append(last)
    journal.close()
    assert list(read_events(tmp_path)) == [known, last]
