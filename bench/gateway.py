"""Our own gateway as the measured program: configuration, start, stop.

`ECLUSE` in the environment names another command than the one of this checkout, to measure an older release.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import accounting
import peers
from accounting import Accountant
from peers import NotStartedError

COMMAND = Path(os.environ.get("ECLUSE", Path(__file__).resolve().parents[1] / ".venv" / "bin" / "ecluse"))
FOLDER = peers.STATE / "own"
WORKERS = 2

_CONFIGURATION = """\
hostname = "gw.peers.test"
data_dir = "{folder}/data"
workers = {workers}

[inbound]
listen = ["127.0.0.1:{port}"]
xclient_from = ["127.0.0.1"]
early_talk_wait_s = 0.0
max_connections = 20000
max_connections_per_ip = 0

[filtering]
enabled = {filtering}
verdict_cache = 0

[dns]
nameservers = ["{nameserver}"]

[policy]
file = "policy.toml"
"""
_TLS = """
[tls]
certificate = "{folder}/tls.pem"
key = "{folder}/tls.pem"
"""
_SCANNERS = """
[scanners]
clamd = "unix:{socket}"
"""
_POLICY = """\
[[clients]]
name = "Corp"

[[clients.domains]]
name = "corp.test"
addresses = "any"
routes = ["smtp://127.0.0.1:{next_hop}"]
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """How the gateway is started."""

    filtering: bool = True
    clamd: bool = False
    tls: bool = False


class Gateway:
    """One running `ecluse mta` in the group `own`."""

    def __init__(self, books: Accountant) -> None:
        self._books = books
        self._pid_file = peers.STATE / "run" / f"{accounting.OWN}.pid"  # ProcessTrees finds us by it.
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def is_installed() -> bool:
        return COMMAND.exists()

    def start(self, variant: Variant, patience_s: float = 30.0) -> None:
        """Start with an empty data folder and wait for the greeting."""
        log = peers.STATE / "log" / "own.out"
        configuration = _write_configuration(variant)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [COMMAND, "mta", "--config", configuration],
                cwd=FOLDER,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        accounting.join(accounting.OWN, self._process.pid)
        self._pid_file.write_text(str(self._process.pid))
        ends_at = time.monotonic() + patience_s
        while not _greets():
            if self._process.poll() is not None or time.monotonic() > ends_at:
                self.stop()
                tail = log.read_text(errors="replace")[-800:]
                raise NotStartedError(f"`ecluse mta` did not come up, see {log}\n{tail}")
            time.sleep(0.1)

    def pids(self) -> set[int]:
        return self._books.pids(accounting.OWN)

    def stop(self, patience_s: float = 45.0) -> None:
        """SIGTERM, as an operator would; what is left of our own group or tree after that is killed."""
        if self._process is None:
            return
        pids = self.pids()
        self._process.terminate()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in pids & self.pids():
            os.kill(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)
        self._process = None


def _write_configuration(variant: Variant) -> Path:
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data").mkdir(parents=True)
    text = _CONFIGURATION.format(
        folder=FOLDER,
        workers=WORKERS,
        port=peers.GATEWAY_PORT,
        filtering=str(variant.filtering).lower(),
        nameserver=peers.NAMESERVER,
    )
    if variant.clamd:
        text += _SCANNERS.format(socket=peers.CLAMD_SOCKET)
    if variant.tls:
        _make_certificate(FOLDER / "tls.pem")
        text += _TLS.format(folder=FOLDER)
    (FOLDER / "policy.toml").write_text(_POLICY.format(next_hop=peers.NEXT_HOP_PORT))
    configuration = FOLDER / "ecluse.toml"
    configuration.write_text(text)
    return configuration


def _make_certificate(file: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(file)]
    subprocess.run(
        ["openssl", "req", "-x509", *key, "-days", "2", "-subj", "/CN=gw.peers.test", "-out", f"{file}.crt"],
        check=True,
        capture_output=True,
    )
    with file.open("a") as whole:
        whole.write(Path(f"{file}.crt").read_text())


def _greets() -> bool:
    try:
        with socket.create_connection(("127.0.0.1", peers.GATEWAY_PORT), timeout=2) as connection:
            return connection.recv(512).startswith(b"220")
    except OSError:
        return False
