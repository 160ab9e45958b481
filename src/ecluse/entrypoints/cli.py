"""The command `ecluse`."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from ecluse import __version__
from ecluse.domain.errors import BadConfig, EcluseError, Impossible, Unavailable
from ecluse.entrypoints import (
    client_commands,
    connector_commands,
    control_commands,
    detour_commands,
    feedback_commands,
    key_commands,
    learn_commands,
    lock_commands,
    logs,
    metrics_folder,
    probe_commands,
    quarantine_commands,
    queue_commands,
    report_commands,
)
from ecluse.entrypoints import judge as judging
from ecluse.entrypoints.doctor.command import doctor
from ecluse.entrypoints.evaluate_command import evaluate
from ecluse.entrypoints.log_command import log
from ecluse.entrypoints.options import ConfigOption, JsonOption, read_settings
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.pipeline_command import pipeline
from ecluse.entrypoints.replay_command import replay
from ecluse.entrypoints.scan_command import scan
from ecluse.entrypoints.terminal import ExitCode, complain, print_json, say

app = typer.Typer(
    name="ecluse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An open e-mail security gateway that decides about each message while the sender waits.",
)


@app.callback()
def _every_command() -> None:
    # What adapters log goes to standard error: standard output belongs to the command.
    logs.configure("warning")


@app.command()
def mta(*, config: ConfigOption = None) -> None:
    """Serve mail: one node, in the foreground, until SIGTERM. SIGHUP reloads certificate and policy."""
    settings = read_settings(config)
    metrics = metrics_folder.prepare(DataPaths(settings.data_dir))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    # Imported only now: prometheus_client chooses its multiprocess mode at import, by the variable that was just set.
    from ecluse.entrypoints.mta import run  # noqa: PLC0415 - the reason stands above.

    try:
        run(settings, metrics)
    except Impossible as problem:
        complain(f"ecluse: {problem}")
        raise typer.Exit(ExitCode.USAGE) from problem
    # Not where the start failed: another node may be running on the same data.
    shutil.rmtree(metrics, ignore_errors=True)


@app.command()
def up(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="With a demo client and sample mail.")] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Send the samples once; exit 1 unless each meets its expected fate.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where it listens, on 127.0.0.1.")] = 2525,
    as_json: JsonOption = False,
) -> None:
    """Start everything on one machine, on 127.0.0.1:2525; Ctrl-C or SIGTERM ends it."""
    if not demo:
        raise typer.BadParameter("today it comes with --demo only; `ecluse mta --config FILE` serves real mail")
    # Imported only now: it brings parts along that must not be loaded before `ecluse mta` has made its choice.
    from ecluse.entrypoints.up import run  # noqa: PLC0415 - the reason stands above.

    raise typer.Exit(run(port=port, once=once, as_json=as_json))


app.command()(control_commands.web)
app.command()(control_commands.worker)
app.add_typer(control_commands.admin, name="admin")
app.add_typer(control_commands.audit, name="audit")
app.add_typer(client_commands.app, name="client")
app.add_typer(key_commands.app, name="keys")
app.add_typer(connector_commands.app, name="connector")
app.command()(scan)
app.command()(log)
app.add_typer(queue_commands.app, name="queue")
app.add_typer(detour_commands.app, name="detour")
app.add_typer(lock_commands.app, name="locks")
app.add_typer(quarantine_commands.app, name="quarantine")
app.add_typer(report_commands.app, name="reports")
app.add_typer(probe_commands.app, name="probe")
app.command()(evaluate)
app.add_typer(learn_commands.app, name="learn")
app.add_typer(feedback_commands.app, name="feedback")
app.command()(replay)
app.command()(pipeline)
app.command()(doctor)


@app.command()
def judge() -> None:
    """Answer the outside judge: JSON lines on standard input, one JSON line on standard output for each."""
    judging.serve(sys.stdin.buffer, sys.stdout.buffer)


@app.command()
def version(*, as_json: JsonOption = False) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": __version__})
    else:
        say(f"ecluse {__version__}")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit; `arguments` are those of the command line where none are given."""
    try:
        app(args=arguments, prog_name="ecluse")
    except BadConfig as problem:
        complain(str(problem))
        sys.exit(ExitCode.USAGE)
    except Impossible as problem:
        complain(f"ecluse: {problem}")
        sys.exit(ExitCode.NO)
    except (Unavailable, EcluseError, OSError) as problem:
        complain(f"ecluse: {problem}")
        sys.exit(ExitCode.UNAVAILABLE)
    except Exception:  # noqa: BLE001 - the border of the program: shown whole, and told apart from "no".
        traceback.print_exc()
        sys.exit(ExitCode.FAULT)
    sys.exit(ExitCode.FINE)
