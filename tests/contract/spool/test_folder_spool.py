"""The folder spool keeps the promises of every spool."""

from __future__ import annotations

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from tests.contract.spool.contract import SpoolContract


class TestFolderSpool(SpoolContract):
    @pytest.fixture
    def new(self, tmp_path):
        opened = []

        def open_spool():
            opened.append(FolderSpool(tmp_path, reserve_bytes=0))
            return opened[-1]

        yield open_spool
        for spool in opened:
            spool.close()
