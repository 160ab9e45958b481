"""Feed mutated octets to every parser and see that its promises hold.

    python tests/fuzz/run.py --seconds 30 [--target NAME ...] [--json FILE]

Each target runs for so long in a process of its own, as many at once as there are cores; all are forked from one that
has instrumented our code, which takes longer than a short run. An input is a finding when it raises anything, breaks an invariant of its target, takes more than ten seconds, or 256 MB. Findings are printed
with their trace and their octets, the exit status is then 1. To look at one: python -m tests.fuzz.one NAME FILE
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import json
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

if importlib.util.find_spec("atheris") is None:
    sys.exit("atheris is not installed; `make fuzz` installs it")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from tests.fuzz.one import TARGETS, become_fuzzer
from tests.fuzz.seeds import outside_seeds
from tests.fuzz.target import Target

MOST_SECONDS = 10  # For one input.
MOST_MB = 256
START_S = 240  # For seeds, on top of the time that was asked for.
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


def fuzz(name: str, seconds: int, number: int) -> Outcome:
    """Run one target in a process of its own."""
    target = TARGETS[name]
    with tempfile.TemporaryDirectory(prefix="ecluse-fuzz-", dir=MEMORY) as scratch:
        corpus = Path(scratch) / "corpus"
        corpus.mkdir()
        seeds = [*target.seeds, *(one for one in outside_seeds(target.name) if len(one) <= target.max_octets)]
        for index, octets in enumerate(seeds):
            (corpus / f"{index}").write_bytes(octets)
        flags = [f"-max_total_time={seconds}", f"-max_len={target.max_octets}", f"-timeout={MOST_SECONDS}"]
        flags += [f"-rss_limit_mb={MOST_MB}", "-print_final_stats=1", f"-seed={number}", f"-artifact_prefix={scratch}/"]
        said = Path(scratch) / "said"
        status = _status(target, [*flags, str(corpus)], said, seconds + START_S)
        artifacts = [path for path in Path(scratch).iterdir() if path.is_file() and path != said]
        octets = base64.b64encode(artifacts[0].read_bytes()).decode() if artifacts else ""
        text = said.read_text("utf-8", "replace") + ("\nran out of time" if status is None else "")
    return _outcome(target, text, len(seeds), is_sound=status == 0, octets=octets)


def _status(target: Target, arguments: Sequence[str], said: Path, within_s: float) -> int | None:
    """How a fork that fuzzes has ended; None, and it is killed, when it does not end."""
    child = os.fork()
    if child == 0:
        with said.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        tempfile.tempdir = str(said.parent)  # libFuzzer ends the process at once: what it keeps goes with our folder.
        become_fuzzer(target, arguments)
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


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
    wanted = options.target or list(TARGETS)
    work = partial(fuzz, seconds=options.seconds, number=options.seed or int(time.time()) & 0x7FFFFFFF)
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("fork")) as pool:
        # The pool forks here, before the console has its thread.
        coming = pool.map(work, wanted)
        with console.status(f"{len(wanted)} targets, {options.seconds} s each"):
            outcomes = list(coming)
    show(outcomes, console)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1), "utf-8")
    return 1 if any(one.finding for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
