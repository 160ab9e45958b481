"""Runs `ecluse` in this process, on data folders made for it."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.entrypoints.cli import main
from ecluse.entrypoints.paths import DataPaths

BODY = b"Subject: hello\r\n\r\nhello\r\n"
NOW = time.time()
ANN, BOB = Address("ann", "a.example"), Address("bob", "a.example")
QUEUED = QueuedMessage(
    id="019a0000000070008000000000000001",
    direction=Direction.INBOUND,
    client="A",
    destination="a.example",
    received_at=NOW - 100,
    queued_at=NOW - 90,
    sender=Address("eve", "e.example"),
    is_sender_authenticated=False,
    recipients=(QueuedRecipient(ANN), QueuedRecipient(BOB)),
    size=len(BODY),
    next_attempt=NOW + 3_600,
    reason="connection refused",
)
HELD = replace(QUEUED, is_held=True, verdict="refuse: GTUBE, MASS_MAIL", reason="This message was judged to be spam.")
SETTINGS = """\
hostname = "gateway.test"
data_dir = "data"

[policy]
file = "policy.toml"

[spool]
reserve_bytes = 0
"""
POLICY = """\
[[clients]]
name = "A"

[[clients.domains]]
name = "a.example"
addresses = ["ann", "bob"]
routes = ["smtp://192.0.2.1"]
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Data:
    """A node's data folder, and its settings beside it."""

    def __init__(self, folder: Path) -> None:
        self.paths = DataPaths(folder / "data")
        self.config = folder / "ecluse.toml"
        self.paths.root.mkdir()
        self.config.write_text(SETTINGS, "utf-8")
        (folder / "policy.toml").write_text(POLICY, "utf-8")

    def queue(self, **changes: Any) -> QueuedMessage:
        return self._keep(self.paths.spool, replace(QUEUED, **changes))

    def hold(self, **changes: Any) -> QueuedMessage:
        return self._keep(self.paths.held, replace(HELD, **changes))

    def read(self, message_id: str = QUEUED.id) -> QueuedMessage | None:
        return self._read(self.paths.spool, message_id)

    def read_held(self, message_id: str = HELD.id) -> QueuedMessage | None:
        return self._read(self.paths.held, message_id)

    def journal(self, *events: MessageEvent, writer: str = "reception-0") -> None:
        journal = FolderJournal(self.paths.journal, writer, segment_bytes=1 << 20)
        for event in events:
            journal.append(event)
        journal.close()

    def _keep(self, folder: Path, message: QueuedMessage) -> QueuedMessage:
        spool = FolderSpool(folder, reserve_bytes=0)
        asyncio.run(spool.keep(message, MemoryContent(BODY)))
        spool.close()
        return message

    def _read(self, folder: Path, message_id: str) -> QueuedMessage | None:
        spool = FolderSpool(folder, reserve_bytes=0)
        found = spool.read(message_id)
        spool.close()
        return found


@pytest.fixture
def data(tmp_path) -> Data:
    return Data(tmp_path)


@pytest.fixture
def run(monkeypatch, capsys) -> Callable[..., Outcome]:
    """`run("queue", "list")`, with what the program said and its exit status."""
    monkeypatch.delenv("ECLUSE_CONFIG", raising=False)

    def call(*arguments: str | Path, typed: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        structlog.reset_defaults()
        said = capsys.readouterr()
        return Outcome(end.value.code or 0, said.out, said.err)

    return call
