"""Measures Écluse side by side with the programs a user would run instead, in one run on one machine.

    make bench                            three series of all four systems, about ten minutes
    make bench ARGS="--quick"            one short series, about two minutes
    make bench ARGS="--clamd --ceiling"  also with ClamAV, and the bare sink
    make bench ARGS="--prepare"          once: installs the rivals (as root), makes the messages

The systems are measured in turn, series by series, so that whatever else the machine does hits all alike.
Needs ../shared (the rivals' set-up) and root. See bench/README.md for what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

import accounting
import loopback
import peers
import systems
from figures import Figures
from gateway import Gateway
from measurement import Effort, Run, measure
from peers import NotStartedError
from systems import System

SETS = ["mixed", "small"]
NORMAL = Effort(series=3, seconds=8, count=1500)
QUICK = Effort(series=1, seconds=4, count=500)


def main() -> int:
    options = _options()
    peers.require_shared()
    if options.prepare:
        with peers.alone():
            peers.prepare()
        return 0
    peers.require_prepared()
    chosen = _chosen(options)
    effort = _effort(options)
    with peers.alone():
        if not loopback.isolate():
            _say("No network of our own here (not root?): the ports are shared with this machine's other programs.")
        runs, failures = _measure_in_turn(chosen, effort)
    figures = Figures(runs)
    print(figures.markdown())
    for failure in failures:
        print(f"- **not measured**: {failure}")
    if options.json:
        options.json.write_text(json.dumps(_report(runs, effort), indent=1))
    is_behind = options.check and not all(goal.is_met for goal in figures.goals())
    return 1 if failures or is_behind else 0


def _measure_in_turn(chosen: list[System], effort: Effort) -> tuple[list[Run], list[str]]:
    books = accounting.accountant(peers.STATE)
    accounting.join(accounting.LOAD)
    runs: list[Run] = []
    failures: list[str] = []
    for series in range(effort.series):
        turn = series % len(chosen)  # Another one begins each series.
        for system in chosen[turn:] + chosen[:turn]:
            try:
                for run in measure(system, series, SETS, effort, books):
                    _say(_progress(run))
                    runs.append(run)
            except NotStartedError as error:
                _say(f"series {series + 1} {system.key}: {error}")
                failures.append(f"{system.name}, series {series + 1}: {str(error).splitlines()[0]}")
    return runs, failures


def _chosen(options: argparse.Namespace) -> list[System]:
    wanted = list(systems.DEFAULT)
    if options.clamd:
        wanted += systems.WITH_CLAMAV
    if options.ceiling:
        wanted.insert(0, systems.CEILING)
    if options.only:
        wanted = [system for system in systems.ALL if system.key in options.only]
    if not Gateway.is_installed() and any(system.own for system in wanted):
        _say("The command .venv/bin/ecluse is not installed: only the rivals are measured.")
        wanted = [system for system in wanted if not system.own]
    return wanted


def _effort(options: argparse.Namespace) -> Effort:
    usual = QUICK if options.quick else NORMAL
    return Effort(options.series or usual.series, options.seconds or usual.seconds, options.count or usual.count)


def _progress(run: Run) -> str:
    latency = run.load["answer_ms"]
    return (
        f"series {run.series + 1} {run.system:14} {run.messages:5} {run.phase:4} load: {run.per_s:8.1f}/s, "
        f"p50 {latency['p50']} p99 {latency['p99']} ms, CPU {run.system_cpu_s_per_1000:.2f} s/1,000, "
        f"replies {run.load['replies']} {run.load['errors'] or ''}"
    )


def _report(runs: list[Run], effort: Effort) -> dict[str, object]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "effort": asdict(effort),
        "goals": [asdict(goal) | {"is_met": goal.is_met} for goal in Figures(runs).goals()],
        "runs": [asdict(run) for run in runs],
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepare", action="store_true", help="install and configure the rivals, then end")
    parser.add_argument("--quick", action="store_true", help="one short series")
    parser.add_argument("--clamd", action="store_true", help="also both filters with ClamAV")
    parser.add_argument("--ceiling", action="store_true", help="also the load generator into a bare sink")
    parser.add_argument("--only", nargs="+", choices=[system.key for system in systems.ALL], metavar="SYSTEM")
    parser.add_argument("--series", type=int, help="how often everything is measured")
    parser.add_argument("--seconds", type=float, help="what one run should take")
    parser.add_argument("--count", type=int, help="messages in a set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run there")
    parser.add_argument("--check", action="store_true", help="exit 1 unless all goals are met")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
