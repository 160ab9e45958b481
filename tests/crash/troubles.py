"""What goes wrong around the gateway in a crash run: next hops that fail in every way, a disk that is full."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
DISK_SIZE = "96m"


@dataclass(slots=True)
class Spell:
    """One trouble, from its beginning to its end."""

    kind: str
    where: str  # The next hop's name, or "disk".
    begin: float
    end: float = float("inf")


class Trouble(Protocol):
    """Something that can be made to fail for a while."""

    def begin(self, dice: random.Random) -> Spell: ...

    def end(self) -> None: ...


@dataclass
class NextHop:
    """A sink in a process of its own."""

    name: str
    port: int
    record: Path
    seed: int
    _process: subprocess.Popen[bytes] | None = None
    _is_stopped: bool = False

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.crash.sink", "--port", str(self.port), "--record", str(self.record)]
        command += ["--seed", str(self.seed)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True)

    def begin(self, dice: random.Random) -> Spell:
        kind = dice.choices(("stopped", "closed", "defer", "cut-in-content", "cut-after-dot"), (3, 2, 3, 2, 5))[0]
        spell = Spell(kind, self.name, time.time())
        if kind == "stopped":
            self._signal(signal.SIGSTOP)
            self._is_stopped = True
        else:
            self._order(kind)
        return spell

    def end(self) -> None:
        if self._is_stopped:
            self._signal(signal.SIGCONT)
            self._is_stopped = False
        self._order("normal")

    def stop(self) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.terminate()
        self._process.wait()

    def _order(self, mode: str) -> None:
        with contextlib.suppress(OSError):
            self._process.stdin.write(f"{mode}\n".encode())
            self._process.stdin.flush()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)


@dataclass
class SmallDisk:
    """A file system of its own in memory, which is filled with ballast."""

    place: Path
    is_mounted: bool = field(default=False, init=False)

    def mount(self) -> bool:
        """Whether this machine lets us."""
        self.place.mkdir()
        if os.geteuid() == 0:
            command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "ecluse-crash", str(self.place)]
            self.is_mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
        return self.is_mounted

    def begin(self, dice: random.Random) -> Spell:
        """Leave a little, or nothing: that also what looked as if it would fit does not."""
        spare = dice.choice((0, 0, 4_096, 300_000, 1_500_000))
        spell = Spell("full", "disk", time.time())
        with contextlib.suppress(OSError), (self.place / "ballast").open("ab", buffering=0) as ballast:
            while (left := self._free() - spare) > 0:
                ballast.write(bytes(min(left, 1 << 20)))
        return spell

    def end(self) -> None:
        (self.place / "ballast").unlink(missing_ok=True)

    def _free(self) -> int:
        state = os.statvfs(self.place)
        return state.f_bavail * state.f_frsize

    def unmount(self) -> None:
        while self.is_mounted:
            self.is_mounted = subprocess.run(["umount", str(self.place)], check=False).returncode != 0
            if self.is_mounted:
                time.sleep(0.5)
