"""Feed mutated octets to every parser and see that its promises hold.

    python tests/fuzz/run.py --seconds 30 [--target NAME ...] [--json FILE]

Each target runs for so long in a process of its own, as many at once as there are cores; all are forked from this one,
which has instrumented our code, as that takes longer than a short run. It starts no thread: what another thread holds at
the moment of a fork is held in the child for ever. An input is a finding when it raises anything, breaks an invariant of
its target, takes more than ten seconds, or 256 MB. Findings are printed with their trace and their octets, the exit
status is then 1. To look at one: python -m tests.fuzz.one NAME FILE
"""

from __future__ import annotations

import argparse
import base64
import ctypes
import faulthandler
import importlib.util
import json
import os
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

if importlib.util.find_spec("atheris") is None:
    sys.exit("atheris is not installed; `make fuzz` installs it")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.fuzz.one import TARGETS, become_fuzzer
from tests.fuzz.seeds import outside_seeds
from tests.fuzz.target import Target

MOST_SECONDS = 10  # For one input.
MOST_MB = 256
START_S = 120  # For seeds, on top of the time that was asked for.
LOOK_EVERY_S = 0.05
TRACE_S = 1.0  # For one that hangs to say where.
SHOWN_LINES = 25
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
_FIGURE = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
_COVERAGE = re.compile(r"cov: (\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one target."""

    target: str
    executions: int
    coverage: int  # Edges of our code that were reached.
    slowest_s: int
    peak_mb: int
    seeds: int
    finding: str = ""  # The end of what the process said.
    octets: str = ""  # The input, base64.


def fuzz(targets: Sequence[Target], seconds: int, number: int, jobs: int) -> Iterator[Outcome]:
    """What comes of each, in the order of their ends; `jobs` at once."""
    coming = list(reversed(targets))
    running: list[_Run] = []
    while coming or running:
        while coming and len(running) < jobs:
            running.append(_Run(coming.pop(), seconds, number))
        time.sleep(LOOK_EVERY_S)
        for run in [run for run in running if run.has_ended()]:
            running.remove(run)
            yield run.outcome()


class _Run:
    """One target in a process of its own, with a folder for its inputs."""

    def __init__(self, target: Target, seconds: int, number: int) -> None:
        self._target = target
        self._scratch = tempfile.TemporaryDirectory(prefix="ecluse-fuzz-", dir=MEMORY)
        self._folder = Path(self._scratch.name)
        self._said = self._folder / "said"
        self._seeds = self._write_seeds()
        flags = [f"-max_total_time={seconds}", f"-max_len={target.max_octets}", f"-timeout={MOST_SECONDS}"]
        flags += [f"-rss_limit_mb={MOST_MB}", "-print_final_stats=1", f"-seed={number}"]
        self._child = os.fork() or self._become([*flags, f"-artifact_prefix={self._folder}/", str(self._corpus)])
        self._deadline = time.monotonic() + seconds + START_S
        self._status: int | None = None  # None: it did not end by itself.

    @property
    def _corpus(self) -> Path:
        return self._folder / "corpus"

    def _write_seeds(self) -> int:
        """How many there are."""
        most = self._target.max_octets
        seeds = [*self._target.seeds, *(one for one in outside_seeds(self._target.name) if len(one) <= most)]
        self._corpus.mkdir()
        for index, octets in enumerate(seeds):
            (self._corpus / f"{index}").write_bytes(octets)
        return len(seeds)

    def _become(self, arguments: Sequence[str]) -> NoReturn:
        with self._said.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        faulthandler.register(signal.SIGQUIT, file=2)
        tempfile.tempdir = str(self._folder)  # libFuzzer ends the process at once: what it keeps goes with our folder.
        try:
            become_fuzzer(self._target, arguments)
        except SystemExit:
            pass  # An input was a finding, and is told already.
        except BaseException:
            traceback.print_exc()
        # By C's exit and not by Python's: libFuzzer writes the input down then, and nobody goes on as a second of us.
        ctypes.CDLL(None).exit(1)
        raise AssertionError("exit has come back")

    def has_ended(self) -> bool:
        """Also when its time is over: then it has said where it was, and is killed."""
        ended, status = os.waitpid(self._child, os.WNOHANG)
        if ended:
            self._status = os.waitstatus_to_exitcode(status)
            return True
        if time.monotonic() < self._deadline:
            return False
        os.kill(self._child, signal.SIGQUIT)
        time.sleep(TRACE_S)
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        return True

    def outcome(self) -> Outcome:
        """Once it has ended; its folder is gone then."""
        with self._scratch:
            artifacts = [path for path in self._folder.iterdir() if path.is_file() and path != self._said]
            octets = base64.b64encode(artifacts[0].read_bytes()).decode() if artifacts else ""
            text = self._said.read_text("utf-8", "replace") + ("\nran out of time" if self._status is None else "")
        return _outcome(self._target, text, self._seeds, is_sound=self._status == 0, octets=octets)


def _outcome(target: Target, said: str, seeds: int, *, is_sound: bool, octets: str) -> Outcome:
    figures = {name: int(value) for name, value in _FIGURE.findall(said)}
    coverage = [int(value) for value in _COVERAGE.findall(said)]
    return Outcome(
        target.name,
        figures.get("number_of_executed_units", 0),
        coverage[-1] if coverage else 0,
        figures.get("slowest_unit_time_sec", 0),
        figures.get("peak_rss_mb", 0),
        seeds,
        "" if is_sound else "\n".join(_told(said)),
        octets,
    )


def _told(said: str) -> list[str]:
    """The trace, without libFuzzer's progress."""
    return [line[:300] for line in said.splitlines() if not re.match(r"#\d+|INFO:|stat::|MS:|0x", line)][-SHOWN_LINES:]


def show(outcomes: list[Outcome], console: Console) -> None:
    table = Table(title="Random octets against every parser")
    for column in ("target", "executions", "edges", "seeds", "slowest s", "peak MB", "findings"):
        table.add_column(column, justify="left" if column == "target" else "right")
    for one in outcomes:
        row = (one.executions, one.coverage, one.seeds, one.slowest_s, one.peak_mb, int(bool(one.finding)))
        table.add_row(one.target, *(f"{value:,}" for value in row), style="red" if one.finding else "")
    console.print(table)
    for one in outcomes:
        if one.finding:
            console.print(
                f"\n{one.target}:\n{one.finding}\ninput (base64): {one.octets[:2_000]}", markup=False, soft_wrap=True
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, help="the same mutations as another time; without it new ones each time")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    console = Console()
    wanted = [TARGETS[name] for name in options.target or TARGETS]
    number = options.seed or int(time.time()) & 0x7FFFFFFF
    outcomes = []
    with Progress(console=console, auto_refresh=False) as progress:  # By itself it would take a thread.
        bar = progress.add_task(f"{len(wanted)} targets, {options.seconds} s each", total=len(wanted))
        for outcome in fuzz(wanted, options.seconds, number, options.jobs):
            outcomes.append(outcome)
            progress.update(bar, advance=1, refresh=console.is_terminal)
    outcomes.sort(key=lambda one: [target.name for target in wanted].index(one.target))
    show(outcomes, console)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1), "utf-8")
    return 1 if any(one.finding for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
