"""One system, one series: full load and half load with each set of messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import accounting
import peers
from accounting import Accountant, Memory
from peers import NotStartedError, Sink
from systems import System

LOAD = Path(__file__).parent / "load.py"
CONNECTIONS = 10
WARM_UP = 200  # Messages, taken from behind those that are measured.
HALF_LOAD = 0.5  # Of what the system delivered under full load in the same series.
MAX_ROUNDS = 20
NOT_OF_THE_SYSTEM = {accounting.LOAD, "sink"}


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how much is measured."""

    series: int
    seconds: float  # What a run should take; slow systems take longer for one round of the messages.
    count: int  # Messages in a set; all systems get the same ones, fast systems several times.


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the load generator showed."""

    series: int
    system: str
    messages: str  # The name of the set.
    phase: str  # "full" or "half" load.
    per_s: float  # Messages answered, and delivered where accepted, per second.
    offered_per_s: float  # Half load only.
    load: dict[str, Any]  # The load generator's own report.
    delivered: int
    undelivered: int  # Accepted, but not at the next hop when the run was over.
    cpu_s_per_1000: dict[str, float]  # By peer.
    pss_mb: dict[str, float]  # By peer.
    foreign_cpu: float  # Share of the machine that other programs took.

    @property
    def system_cpu_s_per_1000(self) -> float:
        return sum(cpu_s for peer, cpu_s in self.cpu_s_per_1000.items() if peer not in NOT_OF_THE_SYSTEM)

    @property
    def system_pss_mb(self) -> float:
        return sum(pss_mb for peer, pss_mb in self.pss_mb.items() if peer not in NOT_OF_THE_SYSTEM)


def measure(system: System, series: int, sets: list[str], effort: Effort, books: Accountant) -> Iterator[Run]:
    """Start the system, warm it up, and give one run for each set and phase."""
    with system.running(books) as sink:
        for messages in sets:
            bench = _Bench(system, series, messages, sink, books)
            warm = bench.run("warm-up", count=WARM_UP, skip=effort.count, connections=CONNECTIONS)
            if not warm.load["answered"]:
                raise NotStartedError(f"it answers no message: {warm.load['errors']}")
            rounds = min(MAX_ROUNDS, max(1, round(effort.seconds * warm.per_s / effort.count)))
            full = bench.run("full", count=effort.count, rounds=rounds, connections=CONNECTIONS)
            yield full
            rate = max(1.0, round(full.per_s * HALF_LOAD, 1))
            yield bench.run("half", count=min(effort.count * MAX_ROUNDS, int(rate * effort.seconds) + 1), rate=rate)


class _Bench:
    """The running system with everything that observes it."""

    def __init__(self, system: System, series: int, messages: str, sink: Sink | None, books: Accountant) -> None:
        self._system = system
        self._series = series
        self._messages = messages
        self._sink = sink
        self._books = books

    def run(self, phase: str, *, rate: float = 0.0, **load_options: int) -> Run:
        cpu_before, machine_before = accounting.cpu_by_peer(self._books), accounting.machine_cpu_s()
        taken_before = self._sink.taken() if self._sink else 0
        began_at = time.monotonic()
        load = self._play(rate=rate, **load_options)
        over_on = self._wait_until_delivered(load, taken_before)
        wall_s = time.monotonic() - began_at
        cpu_s = _growth(cpu_before, accounting.cpu_by_peer(self._books))
        foreign_s = accounting.machine_cpu_s() - machine_before - sum(cpu_s.values())
        delivered = self._sink.taken() - taken_before if self._sink else _accepted(load)
        answered = max(1, load["answered"])
        return Run(
            series=self._series,
            system=self._system.key,
            messages=self._messages,
            phase=phase,
            per_s=round(load["answered"] / (over_on - load["started_on"]), 1),
            offered_per_s=rate,
            load=load,
            delivered=delivered,
            undelivered=_accepted(load) - delivered,
            cpu_s_per_1000={peer: round(used * 1000 / answered, 3) for peer, used in cpu_s.items()},
            pss_mb={peer: round(self._memory(peer).pss_mb, 1) for peer in cpu_s},
            foreign_cpu=round(max(0.0, foreign_s / wall_s / (os.cpu_count() or 1)), 3),
        )

    def _play(self, *, rate: float, **options: int) -> dict[str, Any]:
        words = [sys.executable, str(LOAD), "--set", self._messages, "--corpus", str(peers.CORPUS)]
        words += ["--port", str(peers.GATEWAY_PORT), "--rate", str(rate)]
        words += [word for name, value in options.items() for word in (f"--{name}", str(value))]
        if not self._system.is_end:
            words.append("--xclient")
        report = subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout
        return dict(json.loads(report))

    def _wait_until_delivered(self, load: dict[str, Any], taken_before: int) -> float:
        """Return the moment at which the last accepted message was at the next hop."""
        if self._sink is None:
            return float(load["started_on"] + load["wall_s"])
        over_on = self._sink.wait_for(taken_before + _accepted(load))
        while self._system.postfix_queue and peers.postfix_queue(self._system.postfix_queue):
            time.sleep(0.02)  # What it still does for these messages is part of their CPU.
        return over_on

    def _memory(self, peer: str) -> Memory:
        return accounting.memory_of(self._books.pids(peer))


def _accepted(load: dict[str, Any]) -> int:
    return sum(count for code, count in load["replies"].items() if code.startswith("2"))


def _growth(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    used = {peer: cpu_s - before.get(peer, 0.0) for peer, cpu_s in after.items()}
    return {peer: cpu_s for peer, cpu_s in used.items() if cpu_s > 0.001}
