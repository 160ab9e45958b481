"""`ecluse detour`: outbound mail goes to another next hop than the servers that domains name, for a while."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import Annotated

import typer

from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.domain.detour import MOST_HOURS, Detour
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.detouring import retry_all
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, Node, find_node
from ecluse.entrypoints.orders import opened, ring
from ecluse.entrypoints.terminal import clock_time, print_json, print_table, say
from ecluse.wire.notations import DomainName, NextHop

app = typer.Typer(
    no_args_is_help=True, help="Outbound mail that goes to another next hop than the servers that domains name."
)

HOUR_S = 3_600.0

ClientOption = Annotated[str, typer.Option("--client", metavar="C", help="Of this client alone, by its whole name.")]
DomainOption = Annotated[str, typer.Option("--domain", metavar="D", help="For recipients of this domain alone.")]


@app.command("list")
def list_detours(*, config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List those that are in force."""
    path, now = find_node(config, data_dir).paths.detours, time.time()
    found = []
    if (path / "data.mdb").exists():  # A look must not make folders.
        with closing(LmdbDetours(path)) as detours:
            found = sorted((one for one in detours.all() if now < one.until), key=lambda one: one.key)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    rows = [
        (one.client or "all", one.destination or "all", str(one.route), clock_time(one.until), one.by) for one in found
    ]
    print_table(("client", "domain", "next hop", "until", "by"), rows)


@app.command("set")
def set_detour(
    next_hop: Annotated[str, typer.Argument(metavar="NEXT-HOP", help="smtp://host:port")],
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    client: ClientOption = "",
    domain: DomainOption = "",
    hours: Annotated[float, typer.Option("--hours", metavar="N", help="For so long, a month at most.")] = 24.0,
    as_json: JsonOption = False,
) -> None:
    """Send outbound mail there in place of MX: what waits, which is tried at once, and what comes."""
    node = find_node(config, data_dir)
    detour = _detour(node, next_hop, client, domain, hours)
    with closing(LmdbDetours(node.paths.detours)) as detours:
        detours.put(detour)
    with opened(node.paths.spool) as spool:
        results = asyncio.run(retry_all(spool, detour, node.operator)) if spool else []
    ring(node.paths, results)
    if as_json:
        print_json({**_as_json(detour), "due_now": len(results)})
    else:
        say(f"goes to {detour.route} until {clock_time(detour.until)}; {len(results)} messages are due now")


@app.command()
def end(
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    client: ClientOption = "",
    domain: DomainOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let the mail that a detour was set for, by the same options, go by MX again."""
    with closing(LmdbDetours(find_node(config, data_dir).paths.detours)) as detours:
        was_there = detours.end(client, _domain(domain))
    if not was_there:
        raise Impossible("there is no detour for exactly this client and domain")
    if as_json:
        print_json({"client": client, "domain": domain})
    else:
        say("goes by MX again")


def _detour(node: Node, next_hop: str, client: str, domain: str, hours: float) -> Detour:
    if not (client or domain):
        raise typer.BadParameter("name --client, --domain, or both", param_hint="--domain")
    if not 0 < hours <= MOST_HOURS:
        raise typer.BadParameter(f"more than 0 and {MOST_HOURS} at most", param_hint="--hours")
    try:
        place = NextHop(next_hop)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="NEXT-HOP") from problem
    return Detour(client, _domain(domain), place.host, place.port, time.time() + hours * HOUR_S, node.operator)


def _domain(text: str) -> str:
    try:
        return str(DomainName(text)) if text else ""
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--domain") from problem


def _as_json(detour: Detour) -> dict[str, object]:
    return {
        "client": detour.client,
        "domain": detour.destination,
        "next_hop": str(detour.route),
        "until": detour.until,
        "by": detour.by,
    }
