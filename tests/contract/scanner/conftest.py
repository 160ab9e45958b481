"""A clamd of our own: own configuration, own sockets, and signatures for nothing but the EICAR test file."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

from tests.contract.scanner.contract import EICAR
from tests.loopback import free_port

# A file, and signatures of the classes that look at mail: any file, HTML, mail, and text.
A_FILE = b"%PDF-1.4 signed by its hash " + bytes(range(256)) * 64
CLAM = Path("/usr/share/clamav-testfiles/clam.exe")  # What each of ClamAV's test files holds.
SIGNATURES = (
    ("Test.AnyFile", 0, b"any-file-signature"),
    ("Test.Html", 3, b"html-signature"),
    ("Test.Mail", 4, b"mail-signature"),
    ("Test.Text", 7, b"text-signature"),
)
STREAM_MAX = 4_000_000
FILE_MAX = 2_000_000


@dataclass
class Clamd:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket_path(self) -> Path:
        return self.folder / "clamd.sock"

    def start(self) -> None:
        program = shutil.which("clamd") or "/usr/sbin/clamd"
        arguments = [program, f"--config-file={self.folder / 'clamd.conf'}"]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, "clamd did not start"
            assert time.monotonic() < deadline, "clamd does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"zPING\0")
                return connection.recv(10) == b"PONG\0"
        except OSError:
            return False


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    if not (shutil.which("clamd") or Path("/usr/sbin/clamd").exists()):
        pytest.skip("clamd is not installed (Debian package clamav-daemon)")
    with tempfile.TemporaryDirectory(prefix="ecluse-clamd-") as folder:
        daemon = Clamd(Path(folder), free_port())
        write_configuration(daemon)
        daemon.start()
        yield daemon
        daemon.stop()


def pytest_asyncio_loop_factories():
    """Both loops, because a socket that breaks looks different to each."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def write_configuration(daemon: Clamd) -> None:
    database = daemon.folder / "signatures"
    database.mkdir()
    digest = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
    file_digest = hashlib.md5(A_FILE, usedforsecurity=False).hexdigest()
    (database / "test.hdb").write_text(f"{digest}:{len(EICAR)}:Test.EICAR\n{file_digest}:{len(A_FILE)}:Test.Hash\n")
    if CLAM.exists():
        (database / "clam.hdb").write_text(
            f"{hashlib.md5(CLAM.read_bytes()).hexdigest()}:{CLAM.stat().st_size}:Test.Clam\n"
        )
    (database / "test.ndb").write_text("".join(f"{name}:{kind}:*:{text.hex()}\n" for name, kind, text in SIGNATURES))
    settings = {
        "DatabaseDirectory": database,
        "LocalSocket": daemon.socket_path,
        "TCPSocket": daemon.port,
        "TCPAddr": "127.0.0.1",
        "Foreground": "yes",
        "StreamMaxLength": STREAM_MAX,
        "MaxFileSize": FILE_MAX,
        "AlertExceedsMax": "yes",
        "MaxThreads": 4,
        "TemporaryDirectory": daemon.folder,
    }
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (daemon.folder / "clamd.conf").write_text("".join(lines))
