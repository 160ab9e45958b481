"""CPU seconds and memory of every system under test, its helpers included.

Where cgroup v1 `cpuacct` is mounted, `../shared/bench/ctl.sh` puts each peer in a group of its own and the kernel
counts for us, children that have ended included. Elsewhere the process trees are added up from /proc, which is exact to
10 ms a process: parents carry the time of the children they have waited for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

GROUPS = Path("/sys/fs/cgroup/cpuacct/peers")
HEAVY_GROUP = Path("/sys/fs/cgroup/cpu/peers")  # One big CPU weight for all that takes part in the measurement.
LOAD = "load"  # The load generator and this bench itself.
OWN = "own"  # Our gateway.

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_ROLLUP_LINE = re.compile(r"^(Rss|Pss):\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Memory:
    """What some processes hold; `pss_mb` counts each shared page once over all who share it."""

    rss_mb: float = 0.0
    pss_mb: float = 0.0
    processes: int = 0

    def __add__(self, other: Memory) -> Memory:
        return Memory(
            self.rss_mb + other.rss_mb,
            self.pss_mb + other.pss_mb,
            self.processes + other.processes,
        )


class Accountant(Protocol):
    """Knows which processes belong to which peer."""

    def peers(self) -> list[str]: ...

    def cpu_s(self, peer: str) -> float: ...

    def pids(self, peer: str) -> set[int]: ...


class CpuGroups:
    """Asks the kernel: one cpuacct group a peer."""

    def peers(self) -> list[str]:
        return sorted(folder.name for folder in GROUPS.iterdir() if folder.is_dir())

    def cpu_s(self, peer: str) -> float:
        return int((GROUPS / peer / "cpuacct.usage").read_text()) / 1e9

    def pids(self, peer: str) -> set[int]:
        try:
            return {int(pid) for pid in (GROUPS / peer / "cgroup.procs").read_text().split()}
        except FileNotFoundError:
            return set()


class ProcessTrees:
    """Adds up the trees below the pids that were written down when the peers were started."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def _roots(self) -> dict[str, int]:
        roots = {LOAD: os.getpid()}
        for file in self._state.glob("run/*.pid"):
            roots[file.stem] = int(file.read_text() or 0)
        variant = self._state / "run" / "postfix.variant"  # Which of the Postfix set-ups is running.
        if variant.exists():
            roots["postfix"] = int((self._state / "spool" / variant.read_text().strip() / "pid/master.pid").read_text())
        return {peer: pid for peer, pid in roots.items() if Path(f"/proc/{pid}").exists()}

    def peers(self) -> list[str]:
        return sorted(self._roots())

    def cpu_s(self, peer: str) -> float:
        return sum(stat.cpu_ticks for stat in self._tree(peer)) / _TICKS_PER_S

    def pids(self, peer: str) -> set[int]:
        return {stat.pid for stat in self._tree(peer)}

    def _tree(self, peer: str) -> list[_Stat]:
        stats = {stat.pid: stat for stat in _running()}
        children: dict[int, list[int]] = {}
        for stat in stats.values():
            children.setdefault(stat.parent, []).append(stat.pid)
        found, waiting = [], [self._roots().get(peer, -1)]
        while waiting:
            pid = waiting.pop()
            if pid in stats:
                found.append(stats[pid])
                waiting += children.get(pid, [])
        return found


@dataclass(frozen=True, slots=True)
class _Stat:
    pid: int
    parent: int
    cpu_ticks: int


def _running() -> Iterator[_Stat]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:  # It ended while we looked.
            continue
        # proc(5): state, ppid, ...; utime, stime, cutime and cstime are fields 14 to 17 of the line.
        yield _Stat(int(folder.name), int(fields[1]), sum(int(ticks) for ticks in fields[11:15]))


def accountant(state: Path) -> Accountant:
    """Return the exact one where this machine has it; `state` is the folder of the peers' pid files."""
    if (GROUPS.parent / "cpuacct.usage").exists() and os.access(GROUPS.parent, os.W_OK):
        GROUPS.mkdir(exist_ok=True)
        return CpuGroups()
    return ProcessTrees(state)


def join(peer: str, pid: int | None = None) -> None:
    """Move a process (this one by default) into the group of `peer`; without cgroups nothing has to be done."""
    if not GROUPS.exists():
        return
    (GROUPS / peer).mkdir(exist_ok=True)
    for folder in (GROUPS / peer, HEAVY_GROUP):
        if folder.exists():
            (folder / "cgroup.procs").write_text(str(pid or os.getpid()))


def cpu_by_peer(books: Accountant) -> dict[str, float]:
    """Return the CPU seconds each peer has used so far."""
    return {peer: books.cpu_s(peer) for peer in books.peers()}


def machine_cpu_s() -> float:
    """Return the CPU seconds the whole machine has worked since it was started (all cores, no idle, no I/O wait)."""
    user, nice, system, _idle, _iowait, irq, softirq, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(int(ticks) for ticks in (user, nice, system, irq, softirq)) / _TICKS_PER_S


def memory_of(pids: set[int]) -> Memory:
    """Add up what the processes hold now; those that have ended count as nothing."""
    return sum((_memory(pid) for pid in pids), Memory())


def _memory(pid: int) -> Memory:
    try:
        kilobytes = dict(_ROLLUP_LINE.findall(Path(f"/proc/{pid}/smaps_rollup").read_text()))
    except OSError:
        return Memory()
    if not kilobytes:  # A kernel thread or a zombie.
        return Memory()
    return Memory(int(kilobytes["Rss"]) / 1024, int(kilobytes["Pss"]) / 1024, processes=1)
