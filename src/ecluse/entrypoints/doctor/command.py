"""`ecluse doctor`: is everything there that a node needs, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from ecluse.entrypoints.doctor import (
    bodies,
    certificate,
    clamd,
    counters,
    databases,
    disk,
    exchanges,
    knowledge,
    machine,
    network,
    outbound,
    policy,
    signing,
    sources,
)
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, State, fail, ok
from ecluse.entrypoints.options import DEFAULT_CONFIG, ConfigOption, JsonOption, read_settings
from ecluse.entrypoints.terminal import BAD, GOOD, LATER, ExitCode, coloured, print_json, print_table, say

COLOURS = {State.OK: GOOD, State.WARN: LATER, State.FAIL: BAD}


def settings(patient: Patient) -> Iterator[Diagnosis]:
    """That we got here says it all: bad settings end any command with exit status 2."""
    yield ok("settings", f"{patient.config} can be read")


CHECKS: tuple[Callable[[Patient], Iterator[Diagnosis]], ...] = (
    settings,
    policy.policy_file,
    policy.policy_store,
    policy.control_database,
    counters.counters,
    bodies.bodies,
    certificate.certificate,
    outbound.outbound_doors,
    sources.outbound_sources,
    disk.data_folder,
    disk.journal,
    disk.damaged,
    clamd.clamd,
    clamd.clamd_limits,
    knowledge.rules,
    knowledge.hash_lists,
    network.name_servers,
    databases.address_databases,
    network.routes,
    signing.signing,
    exchanges.exchanges,
    machine.opening_room,
    machine.open_files,
    machine.clock,
)


def doctor(
    *,
    config: ConfigOption = None,
    routes: Annotated[
        bool, typer.Option("--routes", help="Also say EHLO to every next hop; at most 5 s for each.")
    ] = False,
    clamd_config: Annotated[
        Path | None,
        typer.Option(
            "--clamd-config",
            metavar="FILE",
            help=f"The configuration file of clamd. Default: {clamd.CONFIG}, if clamd runs on this machine.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at everything a node needs and say what to do: exit 1 when something failed. Run it as the node's user."""
    path = config or DEFAULT_CONFIG
    patient = Patient(path, read_settings(config), clamd_config, asks_routes=routes)
    found = [diagnosis for check in CHECKS for diagnosis in _examine(check, patient)]
    if as_json:
        print_json([_as_json(diagnosis) for diagnosis in found])
    else:
        _print(found)
    if any(diagnosis.state is State.FAIL for diagnosis in found):
        raise typer.Exit(ExitCode.NO)


def _examine(check: Callable[[Patient], Iterator[Diagnosis]], patient: Patient) -> Iterator[Diagnosis]:
    """What cannot be looked at is a finding too, and no reason to look at nothing else."""
    try:
        yield from check(patient)
    except OSError as problem:
        subject = check.__name__.replace("_", " ")
        yield fail(subject, f"cannot be looked at: {problem}", "run the doctor as the node's user, or as root")


def _print(found: list[Diagnosis]) -> None:
    rows = [(coloured(one.state, COLOURS[one.state]), one.subject, one.found, one.advice) for one in found]
    print_table(("", "what", "found", "what to do"), rows)
    failed = sum(one.state is State.FAIL for one in found)
    warned = sum(one.state is State.WARN for one in found)
    say()
    say(f"{len(found)} looked at: {failed} failed, {warned} to be seen to")


def _as_json(diagnosis: Diagnosis) -> dict[str, str]:
    return {
        "what": diagnosis.subject,
        "state": diagnosis.state,
        "found": diagnosis.found,
        "advice": diagnosis.advice,
    }
