"""The gateway of a crash run: a real node whose processes can be found, killed and started again."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.traffic import BLOCKED, HELD, ONE, TWO
from tests.loopback import free_port

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): what a dead supervisor leaves behind becomes ours.
START_WITHIN_S = 120.0
END_WITHIN_S = 90.0
# Who is killed how often; "syncer" is what a worker has beside it for the disk.
WEIGHTS = {"reception": 40, "delivery": 28, "supervisor": 30, "agent": 7, "syncer": 8}

SETTINGS = """\
hostname = "gateway.crash.example"
data_dir = "{data}"
workers = {workers}
delivery_processes = {deliveries}
log_level = "warning"

[inbound]
listen = ["127.0.0.1:{inbound}"]
early_talk_wait_s = 0

[outbound]
listen = ["127.0.0.1:{outbound}"]
trusted_networks = ["127.0.0.0/8"]
mx_port = {world}
mx_networks = ["127.0.0.0/8"]
mta_sts = false
dane = false

[dns]
nameservers = ["127.0.0.1:{names}"]

[metrics]
listen = ""

[policy]
file = "policy.toml"

[spool]
reserve_bytes = 1000000
first_retry_s = 0.3
retry_factor = 1.5
max_retry_s = 2
probe_s = 0.5
delay_notice_after_s = 0

[journal]
segment_mib = 1
"""
POLICY = f"""\
[[clients]]
name = "One"

[[clients.domains]]
name = "{ONE}"
addresses = "any"
routes = ["smtp://127.0.0.1:{{one}}"]

[[clients]]
name = "Two"

[[clients.domains]]
name = "{TWO}"
addresses = "any"
routes = ["smtp://127.0.0.1:{{two}}"]

[[clients.domains.users]]
address = "{HELD.partition("@")[0]}"
block = ["{BLOCKED}"]
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everybody listens, the same for the whole run."""

    inbound: int
    outbound: int
    one: int
    two: int
    world: int
    names: int


def free_ports() -> Ports:
    return Ports(*(free_port() for _ in Ports.__slots__))


@dataclass(frozen=True, slots=True)
class Kill:
    at: float
    role: str
    pid: int


@dataclass
class Node:
    """One `ecluse mta` and all processes it has ever had."""

    folder: Path  # Settings and log.
    data: Path
    ports: Ports
    workers: int = 2
    deliveries: int = 2
    kills: list[Kill] = field(default_factory=list)
    starts: int = 0
    _supervisor: subprocess.Popen[bytes] | None = None
    _seen: set[int] = field(default_factory=set)

    def prepare(self) -> None:
        """Write the settings, and take over what a killed supervisor leaves behind."""
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        values = {name: getattr(self.ports, name) for name in Ports.__slots__}
        settings = SETTINGS.format(data=self.data, workers=self.workers, deliveries=self.deliveries, **values)
        (self.folder / "ecluse.toml").write_text(settings, "utf-8")
        (self.folder / "policy.toml").write_text(POLICY.format(**values), "utf-8")

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    def start(self) -> None:
        """Start the supervisor; it may end by itself at once, as long as old workers hold the ports."""
        command = [sys.executable, "-m", "ecluse", "mta", "--config", str(self.folder / "ecluse.toml")]
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._seen.add(self._supervisor.pid)
        self.starts += 1

    def keep_alive(self) -> None:
        """What systemd does: start it again when it has ended."""
        self._reap()
        if self._supervisor is None or self._supervisor.poll() is not None:
            self.start()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            self.keep_alive()
            if self._greets():
                return
            time.sleep(0.2)
        raise SystemExit(f"the node does not greet\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-3_000:]

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ports.inbound), 1.0) as probe:
            probe.settimeout(3.0)
            return probe.recv(512).startswith(b"220")
        return False

    def processes(self) -> dict[int, str]:
        """The living processes of the present supervisor: pid -> role."""
        if self._supervisor is None or self._supervisor.poll() is not None:
            return {}
        pid = self._supervisor.pid
        roles = {child: _role(child) for child in _children(pid)}
        roles.update({helper: "syncer" for child in tuple(roles) for helper in _children(child)})
        self._seen.update(roles)
        return {pid: "supervisor", **roles}

    def kill_one(self, dice: random.Random) -> Kill | None:
        """Kill -9 a random process of ours; None while there are no workers: that would kill but a start."""
        found = self.processes()
        if not {"reception", "delivery"}.intersection(found.values()):
            return None
        roles = sorted({*found.values()})
        role = dice.choices(roles, [WEIGHTS[one] for one in roles])[0]
        kill = Kill(time.time(), role, dice.choice([pid for pid, its in found.items() if its == role]))
        with contextlib.suppress(ProcessLookupError):
            os.kill(kill.pid, signal.SIGKILL)
        self.kills.append(kill)
        return kill

    def stop(self) -> None:
        """End it in order, then whatever is left of it by force."""
        self.processes()
        if self._supervisor is not None and self._supervisor.poll() is None:
            self._supervisor.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(END_WITHIN_S)
        self._end_leftovers()

    def _end_leftovers(self) -> None:
        deadline = time.monotonic() + END_WITHIN_S
        while left := self._reap():
            number = signal.SIGKILL if time.monotonic() > deadline else signal.SIGTERM
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(0.1)

    def _reap(self) -> set[int]:
        """Bury the dead that became ours; who of all we ever started still lives."""
        if self._supervisor is not None:
            self._supervisor.poll()
        alive = set()
        for pid in self._seen:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if _is_alive(pid):
                alive.add(pid)
        self._seen = alive
        return alive


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _role(pid: int) -> str:
    """A process is known by the journal that it writes; the agent writes none."""
    with contextlib.suppress(OSError):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                place = fd.readlink()
                if place.parent.name == "journal":
                    return place.name.partition("-")[0]
    return "agent"
