"""A node that runs, a client's server, clamd, and the command line as its user has it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ecluse.entrypoints.demo.client_server import ClientServer

# The fixture of the scanner's contract: a real clamd that knows the EICAR test file.
from tests.contract.scanner.conftest import clamd  # noqa: F401 - pytest finds the fixture by its name here.
from tests.loopback import free_port

PATIENCE_S = 120.0
POLICY = """\
[[clients]]
name = "A"

[[clients.domains]]
name = "a.example"
addresses = ["ann", "bob"]
routes = ["smtp://127.0.0.1:{next_hop}"]

[[clients.domains.users]]
address = "ann"
allow = ["e.example"]
"""
SETTINGS = """\
hostname = "gateway.test"
data_dir = "data"
workers = 1

[inbound]
listen = ["127.0.0.1:{port}"]
early_talk_wait_s = 0.0

[policy]
file = "policy.toml"

[metrics]
listen = ""

[spool]
reserve_bytes = 0
{more}
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Node:
    """`ecluse mta` in a folder of its own."""

    def __init__(self, folder: Path, next_hop: int) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "policy.toml").write_text(POLICY.format(next_hop=next_hop), "utf-8")
        self.configure("")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "ecluse.toml"

    def configure(self, more: str) -> None:
        self.config.write_text(SETTINGS.format(port=self.port, more=more), "utf-8")

    def start(self) -> None:
        arguments = [sys.executable, "-m", "ecluse", "mta", "--config", str(self.config)]
        with (self.folder / "node.log").open("wb") as log:
            self._process = subprocess.Popen(arguments, stderr=log)
        eventually(self._greets)

    @property
    def pid(self) -> int:
        """Of the process that forked all others."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE_S)
        self._process = None
        return code

    def send(self, message: bytes, *recipients: str) -> str:
        """The reply to the message."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="e.example", timeout=PATIENCE_S) as sender:
            sender.ehlo()
            sender.mail("eve@e.example")
            for recipient in recipients:
                assert sender.rcpt(recipient)[0] == 250
            code, text = sender.data(message)
        return f"{code} {text.decode()}"

    def run(self, *arguments: str) -> Outcome:
        """`ecluse ARGUMENTS` in a process of its own."""
        command = [sys.executable, "-m", "ecluse", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "ECLUSE_CONFIG": str(self.config)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False


def eventually(holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def received(server: ClientServer) -> list[bytes]:
    """The messages that it has taken, the oldest first."""
    return [file.read_bytes() for file in sorted(server._mailbox.glob("*.eml"))]


@pytest.fixture
def client_server(tmp_path) -> Iterator[ClientServer]:
    server = ClientServer(tmp_path / "mailbox")
    server.start()
    yield server
    # The node is gone; what it left open is closed once the loop has seen that.
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), server._loop).result()
    server.stop()


@pytest.fixture
def node(tmp_path, client_server) -> Iterator[Node]:
    """Not started; its policy names another server than `client_server`, one that does not answer."""
    one = Node(tmp_path, free_port())
    yield one
    one.stop()
