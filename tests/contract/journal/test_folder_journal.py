"""The folder journal keeps the promises of every journal."""

from __future__ import annotations

import pytest

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from tests.contract.journal.contract import JournalContract


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
