"""`ecluse queue`: the messages that we have answered for and not yet delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.domain.errors import Impossible
from ecluse.domain.outage import Outage
from ecluse.domain.queue import Progress, QueuedMessage
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, Node, find_node
from ecluse.entrypoints.orders import (
    Action,
    AllOption,
    IdsArgument,
    Result,
    YesOption,
    ask,
    carry_out,
    chosen,
    find,
    journal_of_orders,
    opened,
    report,
    ring,
)
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.queue_steps import deleting, holding, recording, resuming, retrying
from ecluse.entrypoints.terminal import amount, clock_time, print_json, print_table, say, span

app = typer.Typer(no_args_is_help=True, help="The messages that we have answered for and not yet delivered.")

DestinationOption = Annotated[
    str, typer.Option("--destination", metavar="D", help="The messages for this destination.", show_default=False)
]


@app.command("list")
def list_messages(
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    destination: DestinationOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the queue in the order of the next attempts, and the destinations that are out of reach."""
    paths = find_node(config, data_dir).paths
    outages = _outages(paths)
    with opened(paths.spool) as spool:
        found = [message for message in spool.messages() if _is_for(message, destination)] if spool else []
    found.sort(key=lambda message: (message.is_held, message.next_attempt, message.id))
    if as_json:
        print_json([_as_json(message, outages.get(message.destination)) for message in found])
        return
    print_table(
        ("id", "destination", "sender", "recipients", "age", "tries", "next attempt", "reason"),
        [_cells(message) for message in found],
    )
    say()
    say(f"{len(found)} in the queue")
    for outage in outages.values():
        if not destination or outage.destination == destination:
            say(_out_of_reach(outage))


@app.command()
def show(
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message, by the beginning of its id.")],
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print all that is known of one message, its content excepted."""
    paths = find_node(config, data_dir).paths
    with opened(paths.spool) as spool:
        message = find(spool, message_id.lower())
    outage = _outages(paths).get(message.destination)
    if as_json:
        print_json(_as_json(message, outage))
        return
    print_table(("", ""), _facts(message))
    print_table(
        ("recipient", "fate", "last reply"), [(str(one.address), one.fate, one.reply) for one in message.recipients]
    )
    if outage is not None:
        say(_out_of_reach(outage))


@app.command()
def retry(
    ids: IdsArgument = None,
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everything: AllOption = False,
    destination: DestinationOption = "",
    as_json: JsonOption = False,
) -> None:
    """Try messages at once, not when it would be their turn."""
    node = find_node(config, data_dir)
    outages = _outages(node.paths)

    def told(message: QueuedMessage, _: Progress | None) -> str:
        is_down = message.destination in outages
        return "due at the next probe: its destination is out of reach" if is_down else "due now"

    act = partial(recording, step=retrying, by=node.operator, told=told)
    _order(node, ids, _selector(ids, destination, everything=everything), act, as_json=as_json)


@app.command()
def hold(
    ids: IdsArgument = None,
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everything: AllOption = False,
    destination: DestinationOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make no further attempt until `resume`."""
    node = find_node(config, data_dir)
    act = partial(recording, step=holding, by=node.operator, told=_told("held", "held already"))
    _order(node, ids, _selector(ids, destination, everything=everything), act, as_json=as_json)


@app.command()
def resume(
    ids: IdsArgument = None,
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everything: AllOption = False,
    destination: DestinationOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let go of messages that were held; they are due at once."""
    node = find_node(config, data_dir)
    act = partial(recording, step=resuming, by=node.operator, told=_told("due now", "not held"))
    _order(node, ids, _selector(ids, destination, everything=everything), act, as_json=as_json)


@app.command()
def delete(
    ids: IdsArgument = None,
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everything: AllOption = False,
    destination: DestinationOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete messages that we have promised to deliver: neither sender nor recipients are told."""
    node = find_node(config, data_dir)
    fits = _selector(ids, destination, everything=everything)
    with opened(node.paths.spool) as spool:
        selected = chosen(spool, ids or (), fits)
        if spool is None or not selected:
            report([], as_json=as_json)
            return
        if not yes:
            ask(f"Delete {len(selected)} accepted messages? Neither sender nor recipients will be told.")
        results = asyncio.run(_delete(node, spool, selected))
    ring(node.paths, results)
    report(results, as_json=as_json)


async def _delete(node: Node, spool: FolderSpool, ids: list[str]) -> list[Result]:
    with journal_of_orders(node.paths) as journal:
        return await carry_out(spool, ids, deleting(spool, journal, node.operator))


def _order(
    node: Node,
    ids: list[str] | None,
    fits: Callable[[QueuedMessage], bool] | None,
    act: Callable[[FolderSpool], Action],
    *,
    as_json: bool,
) -> None:
    """Record one step of each message, and wake who delivers them."""
    with opened(node.paths.spool) as spool:
        selected = chosen(spool, ids or (), fits)
        results = asyncio.run(carry_out(spool, selected, act(spool))) if spool else []
    ring(node.paths, results)
    report(results, as_json=as_json)


def _told(done: str, already: str) -> Callable[[QueuedMessage, Progress | None], str]:
    """Raises `Impossible` where nothing changes: who names a message wants to know."""

    def told(_: QueuedMessage, progress: Progress | None) -> str:
        if progress is None:
            raise Impossible(already)
        return done

    return told


def _selector(ids: list[str] | None, destination: str, *, everything: bool) -> Callable[[QueuedMessage], bool] | None:
    """Which messages are meant beside the named ones; None for no others."""
    if not (ids or destination or everything):
        raise typer.BadParameter("name messages, or --destination, or --all", param_hint="ID")
    if everything:
        return lambda _: True
    return (lambda message: _is_for(message, destination)) if destination else None


def _is_for(message: QueuedMessage, destination: str) -> bool:
    return not destination or message.destination.casefold() == destination.casefold()


def _outages(paths: DataPaths) -> dict[str, Outage]:
    if not (paths.outages / "data.mdb").exists():
        return {}
    outages = LmdbOutages(paths.outages)
    try:
        return {outage.destination: outage for outage in outages.all()}
    finally:
        outages.close()


def _out_of_reach(outage: Outage) -> str:
    return f"{outage.destination} has been out of reach for {span(time.time() - outage.since)}"


def _cells(message: QueuedMessage) -> tuple[str, ...]:
    return (
        message.id,
        message.destination,
        str(message.sender or "<>"),
        ", ".join(str(one.address) for one in message.waiting),
        span(time.time() - message.queued_at),
        str(message.attempts),
        _next_attempt(message),
        message.reason,
    )


def _next_attempt(message: QueuedMessage) -> str:
    if message.is_held:
        return "held"
    return clock_time(message.next_attempt) if message.next_attempt > time.time() else "now"


def _facts(message: QueuedMessage) -> list[tuple[str, str]]:
    return [
        ("id", message.id),
        ("direction", message.direction),
        ("client", message.client),
        ("destination", message.destination),
        ("sender", str(message.sender or "<>")),
        ("size", amount(message.size)),
        ("received", clock_time(message.received_at)),
        ("in the queue since", clock_time(message.queued_at)),
        ("attempts", str(message.attempts)),
        ("next attempt", _next_attempt(message)),
        ("reason", message.reason),
    ]


def _as_json(message: QueuedMessage, outage: Outage | None) -> dict[str, object]:
    return {
        "id": message.id,
        "direction": message.direction,
        "client": message.client,
        "destination": message.destination,
        "sender": str(message.sender) if message.sender else "",
        "recipients": [str(one.address) for one in message.waiting],
        "fates": {one.address.key: {"fate": one.fate, "reply": one.reply} for one in message.recipients},
        "size": message.size,
        "received": message.received_at,
        "queued": message.queued_at,
        "attempts": message.attempts,
        "next_attempt": None if message.is_held else message.next_attempt,
        "is_held": message.is_held,
        "reason": message.reason,
        "outage_since": outage.since if outage else None,
    }
