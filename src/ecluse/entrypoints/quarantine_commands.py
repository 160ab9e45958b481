"""`ecluse quarantine`: the messages that are held, and the operator's way to let them go (1-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.domain.order import ReleaseOrder, Releaser
from ecluse.domain.queue import QueuedMessage, message_id_of
from ecluse.entrypoints.deleting import Deleting
from ecluse.entrypoints.held_look import held_look
from ecluse.entrypoints.options import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    Node,
    find_node,
    read_settings,
)
from ecluse.entrypoints.orders import (
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
from ecluse.entrypoints.outward import has_smart_host
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.releasing import Releasing, finish_releases
from ecluse.entrypoints.sender_notices import notices_of
from ecluse.entrypoints.support_copies import support_copies
from ecluse.entrypoints.terminal import amount, clock_time, print_json, print_table, say
from ecluse.filtering.meanings import MEANINGS
from ecluse.mta.delivery.notices import Notices

app = typer.Typer(no_args_is_help=True, help="The messages that are held: refused for some recipients, or unscannable.")

ClientOption = Annotated[
    str, typer.Option("--client", metavar="C", help="The messages for this client.", show_default=False)
]


@app.command("list")
def list_messages(
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    client: ClientOption = "",
    as_json: JsonOption = False,
) -> None:
    """List what is held, the oldest first."""
    paths = find_node(config, data_dir).paths
    with opened(paths.held) as held:
        found = [message for message in held.messages() if _is_of(message, client)] if held else []
    found.sort(key=lambda message: (message.received_at, message.id))
    if as_json:
        print_json([_as_json(message) for message in found])
        return
    columns = ("id", "received", "client", "sender", "recipients", "verdict", "reason")
    print_table(columns, [_cells(message) for message in found])
    say()
    say(f"{len(found)} held")


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
    with opened(paths.held) as held:
        message = find(held, message_id.lower())
    if as_json:
        print_json(_as_json(message))
    else:
        print_table(("", ""), _facts(message))


@app.command()
def release(
    ids: IdsArgument = None,
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everything: AllOption = False,
    client: ClientOption = "",
    released_by: Annotated[
        Releaser,
        typer.Option("--by", metavar="WHO", help=f"Who wants it: {', '.join(Releaser)}. The sender teaches nothing."),
    ] = Releaser.ADMINISTRATOR,
    as_json: JsonOption = False,
) -> None:
    """Let messages go on to their recipients, unfiltered but scanned for viruses once more; the client's model learns.

    What is infected, or cannot be scanned now, stays where it is. The settings are needed to know the scanner.
    """
    settings = read_settings(config)
    node = find_node(config, data_dir or settings.data_dir)
    fits = _selector(ids, client, everything=everything)
    with opened(node.paths.held) as held:
        finished = asyncio.run(_finish(held, node, [""] if everything else ids or []))
        over = {message_id_of(each.id) for each in finished}
        named = [each for each in ids or () if each.lower() not in over or (held and held.read(each.lower()))]
        selected = chosen(held, named, fits)
        if held is None or not selected:
            report(finished, as_json=as_json)
            return
        spool = FolderSpool(node.paths.spool, reserve_bytes=settings.spool.reserve_bytes)
        with journal_of_orders(node.paths) as journal:
            feedback = FolderFeedback(node.paths.feedback)
            looking = held_look(settings, OwnRoom(settings.opening))
            support = support_copies(settings, FolderReportInbox(node.paths.support_inbox))
            smart = has_smart_host(settings)
            releasing = Releasing(held, spool, journal, feedback, looking, node.paths, smart, support)
            orders = _Run(releasing, ReleaseOrder(released_by=released_by), node.operator)
            results = asyncio.run(orders.run(selected))
        spool.close()
    ring(node.paths, orders.queued)
    report(finished + results, as_json=as_json)


@app.command()
def delete(
    ids: IdsArgument = None,
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everything: AllOption = False,
    client: ClientOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete held messages for good: nobody is told, but the sender of outbound mail who waits for approval."""
    node = find_node(config, data_dir)
    fits = _selector(ids, client, everything=everything)
    with opened(node.paths.held) as held:
        selected = chosen(held, ids or (), fits)
        if held is None or not selected:
            report([], as_json=as_json)
            return
        if not yes:
            ask(f"Delete {len(selected)} held messages? Only senders of outbound mail will be told.")
        with (
            journal_of_orders(node.paths) as journal,
            opened(node.paths.spool) as spool,
            _telling(config, node.paths, map(held.read, selected)) as notices,
        ):
            results = asyncio.run(_delete(Deleting(held, spool, journal, notices), selected, node.operator))
    report(results, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Run:
    """Releases one message after the other."""

    releasing: Releasing
    order: ReleaseOrder
    operator: str
    queued: list[Result] = field(default_factory=list)  # What was done, by the ids that the queue knows.

    async def run(self, ids: list[str]) -> list[Result]:
        try:
            return await carry_out(self.releasing.held, ids, self._release)
        finally:
            await self.releasing.looking.close()

    async def _release(self, message: QueuedMessage) -> str:
        released = await self.releasing.release(message, self.order, self.operator)
        self.queued.extend(Result(each, is_done=True, text=released.text) for each in released.queued_ids)
        return released.text


async def _finish(held: FolderSpool | None, node: Node, ids: list[str]) -> list[Result]:
    """What a crash has left half released, of these messages: it is no longer held, and only its end is missing."""
    with opened(node.paths.spool) as spool:
        if held is None or spool is None:
            return []
        queued = [one for each in ids for one in await finish_releases(held, spool, node.operator, each.lower())]
    finished = [Result(each, is_done=True, text="released before; due now") for each in queued]
    ring(node.paths, finished)
    return finished


@contextmanager
def _telling(
    config: Path | None, paths: DataPaths, messages: Iterable[QueuedMessage | None]
) -> Iterator[Notices | None]:
    """None where no sender has to be told: then nothing but the node's data is needed."""
    if all(each is None or each.direction is Direction.INBOUND for each in messages):
        yield None
        return
    settings = msgspec.structs.replace(read_settings(config), data_dir=paths.root)
    with opened(paths.spool) as spool:
        if spool is None:
            raise Impossible(f"{paths.spool} is not there")
        with notices_of(settings, spool) as notices:
            yield notices


async def _delete(deleting: Deleting, ids: list[str], operator: str) -> list[Result]:
    async def act(message: QueuedMessage) -> str:
        await deleting.delete(message, (), operator)
        return "deleted"

    return await carry_out(deleting.held, ids, act)


def _selector(ids: list[str] | None, client: str, *, everything: bool) -> Callable[[QueuedMessage], bool] | None:
    """Which messages are meant beside the named ones; None for no others."""
    if not (ids or client or everything):
        raise typer.BadParameter("name messages, or --client, or --all", param_hint="ID")
    if everything:
        return lambda _: True
    return (lambda message: _is_of(message, client)) if client else None


def _is_of(message: QueuedMessage, client: str) -> bool:
    return not client or message.client.casefold() == client.casefold()


def _judgement_and_codes(message: QueuedMessage) -> tuple[str, list[str]]:
    """Of "refuse Q: GTUBE, MASS_MAIL" both halves."""
    judgement, _, codes = message.verdict.partition(": ")
    return judgement, [code for code in codes.split(", ") if code]


def _cells(message: QueuedMessage) -> tuple[str, ...]:
    return (
        message.id,
        clock_time(message.received_at),
        message.client,
        str(message.sender or "<>"),
        ", ".join(str(one.address) for one in message.waiting),
        message.verdict,
        message.reason,
    )


def _facts(message: QueuedMessage) -> list[tuple[str, str]]:
    return [
        ("id", message.id),
        ("client", message.client),
        ("destination", message.destination),
        ("sender", str(message.sender or "<>")),
        ("recipients", ", ".join(str(one.address) for one in message.waiting)),
        ("size", amount(message.size)),
        ("received", clock_time(message.received_at)),
        ("verdict", message.verdict),
        ("reason", message.reason),
    ]


def _as_json(message: QueuedMessage) -> dict[str, object]:
    judgement, codes = _judgement_and_codes(message)
    disposition, _, category = judgement.partition(" ")
    families = [MEANINGS[code].word for code in codes if code in MEANINGS and MEANINGS[code].word]
    return {
        "id": message.id,
        "client": message.client,
        "destination": message.destination,
        "sender": str(message.sender) if message.sender else "",
        "recipients": [str(one.address) for one in message.waiting],
        "verdict": disposition,
        "category": category,
        "reasons": list(dict.fromkeys(families)),
        "findings": codes,
        "reason": message.reason,
        "received": message.received_at,
        "size": message.size,
    }
