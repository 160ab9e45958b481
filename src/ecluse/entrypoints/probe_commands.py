"""`ecluse probe`: what is run at a vantage point, and the sink on each node."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ecluse.domain.errors import Unavailable
from ecluse.entrypoints import logs
from ecluse.entrypoints.options import ConfigOption, JsonOption, read_settings
from ecluse.entrypoints.probing.running import run
from ecluse.entrypoints.probing.setting_up import make
from ecluse.entrypoints.probing.settings import load_probe_settings
from ecluse.entrypoints.probing.sink import serve
from ecluse.entrypoints.terminal import ExitCode, complain, print_json, print_table, say
from ecluse.wire.notations import DomainName, Endpoint, NextHop

_COLUMNS = ("server", "service", "step", "missed")

app = typer.Typer(no_args_is_help=True, help="Asks servers from outside, each minute, whether they serve.")


@app.command("run")
def run_probe(
    settings: Annotated[Path, typer.Argument(metavar="FILE", help="The probe's own settings, TOML.")],
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Ask once, tell the console, and exit 1 if a door missed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask all doors each minute, and tell the console, until SIGTERM."""
    logs.configure("info")
    try:
        found = asyncio.run(run(load_probe_settings(settings), once=once))
    except Unavailable as problem:
        complain(f"ecluse: {problem}")
        raise typer.Exit(ExitCode.UNAVAILABLE) from problem
    if not once:
        return
    rows = [(each.server, each.service.value, each.step.value, each.reason) for each in found]
    if as_json:
        print_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    else:
        print_table(_COLUMNS, rows)
    if any(each.is_missed for each in found):
        raise typer.Exit(ExitCode.NO)


@app.command("sink")
def sink(
    *,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="On the node itself.")
    ] = "127.0.0.1:2526",
    answer: Annotated[
        str, typer.Option("--answer", metavar="HOST:PORT", help="Where vantage points may ask what has come.")
    ] = "",
) -> None:
    """Take the mail of the probe domain from the gateway on this machine, and drop it, until SIGTERM."""
    try:
        asyncio.run(serve(Endpoint(listen), Endpoint(answer) if answer else None))
    except (ValueError, OSError) as problem:
        complain(f"ecluse: {problem}")
        raise typer.Exit(ExitCode.USAGE) from problem


@app.command("setup")
def setup(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The probe domain, of the provider's own.")],
    *,
    client: Annotated[
        str, typer.Option("--client", metavar="NAME", help="The client that has it, and no other.")
    ] = "probe",
    listen: Annotated[
        str, typer.Option("--sink", metavar="HOST:PORT", help="Where the sink of each node takes its mail.")
    ] = "127.0.0.1:2526",
    point: Annotated[str, typer.Option("--point", metavar="NAME", help="The vantage point: a word.")] = "point",
    renew: Annotated[bool, typer.Option("--renew", help="Make another password for its login.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the client whose mail probes send, where it is missing, and print a vantage point's settings. Where the console runs."""
    try:
        name, sink, _ = DomainName(domain), NextHop(f"smtp://{Endpoint(listen)}"), DomainName(f"{point}.{domain}")
    except ValueError as problem:
        complain(f"ecluse: {problem}")
        raise typer.Exit(ExitCode.USAGE) from problem
    made = make(read_settings(config), client, name, sink, point, renews=renew)
    if as_json:
        print_json({"password": made.password, "settings": made.settings})
        return
    if made.password:
        say("# The password, for /etc/ecluse/probe.password, now and never again:")
        say(f"# {made.password}")
    say(
        "# /etc/ecluse/probe.toml; the point's key is made on the page Availability, and its MX records name these servers:"
    )
    for line in made.settings.splitlines():
        say(line)
