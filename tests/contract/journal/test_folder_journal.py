"""The folder journal keeps the promises of every journal."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import msgspec
import pytest

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.segment import Segment, frame
from ecluse.adapters.folder.syncers import ProcessSyncer
from tests.contract.journal.contract import JournalContract, event


class TestFolderJournal(JournalContract):
    @pytest.fixture
    def journal(self, tmp_path):
        journal = FolderJournal(tmp_path, "worker-0", segment_bytes=1_000_000)
        yield journal
        journal.close()

    @pytest.fixture
    def reread(self, tmp_path):
        return lambda: list(read_events(tmp_path))


class TestFolderJournalThatTurnsOverAllTheTime(TestFolderJournal):
    @pytest.fixture
    def journal(self, tmp_path):
        journal = FolderJournal(tmp_path, "worker-0", segment_bytes=700)
        yield journal
        journal.close()


class TestFolderJournalWithASyncingProcess(TestFolderJournal):
    @pytest.fixture
    def syncer(self):
        return ProcessSyncer()

    @pytest.fixture
    def journal(self, tmp_path, syncer):
        journal = FolderJournal(tmp_path, "worker-0", segment_bytes=1_000_000, syncer=syncer)
        yield journal
        journal.close()

    async def test_a_sync_that_waits_when_the_process_is_killed_is_done_by_a_thread(self, journal, syncer, reread):
        written = [event(at=float(number)) for number in range(3)]
        journal.append(written[0])
        await journal.sync()
        os.kill(syncer.pid, signal.SIGSTOP)
        journal.append(written[1])
        waiting = asyncio.ensure_future(journal.sync())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        os.kill(syncer.pid, signal.SIGKILL)
        await asyncio.wait_for(waiting, 30)
        journal.append(written[2])
        await asyncio.wait_for(journal.sync(), 30)
        assert reread() == written


def test_a_record_of_a_release_that_knew_nothing_of_limits_is_read(tmp_path):
    segment = Segment(tmp_path, "worker-0", 100_000)
    written = event()
    older = {name: value for name, value in msgspec.to_builtins(written).items() if name != "limits"}
    segment.write(frame(msgspec.msgpack.encode(older)))
    segment.close()
    assert list(read_events(tmp_path)) == [replace(written, limits=())]
