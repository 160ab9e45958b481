"""`ecluse quarantine`: the messages that are held, and the operator's way to let them go (1-7)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated

import structlog
import typer

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.evidence import ScanFacts, ScanState
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import Fate, Progress, QueuedMessage
from ecluse.domain.verdict import Category
from ecluse.entrypoints.feedback import Releaser, said_by_release
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
    event,
    find,
    journal_of_orders,
    opened,
    report,
    ring,
)
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.terminal import amount, clock_time, print_json, print_table, say
from ecluse.filtering.meanings import MEANINGS

log = structlog.get_logger()

RELEASED = "r"  # Behind the id of a message that the queue has for other recipients; a doorbell takes letters alone.

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
        selected = chosen(held, ids or (), fits)
        if held is None or not selected:
            report([], as_json=as_json)
            return
        spool = FolderSpool(node.paths.spool, reserve_bytes=settings.spool.reserve_bytes)
        with journal_of_orders(node.paths) as journal:
            feedback = FolderFeedback(node.paths.feedback)
            releasing = _Releasing(held, spool, journal, settings, node, released_by, feedback)
            results = asyncio.run(releasing.run(selected))
        spool.close()
    ring(node.paths, releasing.queued)
    report(results, as_json=as_json)


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
    """Delete held messages for good: neither sender nor recipients are told."""
    node = find_node(config, data_dir)
    fits = _selector(ids, client, everything=everything)
    with opened(node.paths.held) as held:
        selected = chosen(held, ids or (), fits)
        if held is None or not selected:
            report([], as_json=as_json)
            return
        if not yes:
            ask(f"Delete {len(selected)} held messages? Neither sender nor recipients will be told.")
        with journal_of_orders(node.paths) as journal:
            results = asyncio.run(_delete(held, journal, selected, node.operator))
    report(results, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Releasing:
    """What a release needs. Read `_release` first."""

    held: FolderSpool
    spool: FolderSpool
    journal: FolderJournal
    settings: Settings
    node: Node
    released_by: Releaser
    feedback: FolderFeedback
    queued: list[Result] = field(default_factory=list)  # What was done, by the ids that the queue knows.

    async def run(self, ids: list[str]) -> list[Result]:
        scanner = _scanner(self.settings)

        async def act(message: QueuedMessage) -> str:
            return await self._release(message, scanner)

        try:
            return await carry_out(self.held, ids, act)
        finally:
            if scanner is not None:
                scanner.close()

    async def _release(self, message: QueuedMessage, scanner: ClamdScanner | None) -> str:
        """Durable in the queue first: a crash in between leaves it in both, and a second release changes nothing."""
        content = self.held.content(message.id)
        if scanner is not None:
            _demand_clean(await scanner.scan(content))
        queued_id = await self._move(message, content)
        text = "released" if scanner else "released, unscanned: no virus scanner is configured"
        return text if queued_id == message.id else f"{text}; in the queue as {queued_id}"

    async def _move(self, message: QueuedMessage, content: Content) -> str:
        """The id that the queue knows it by."""
        now = time.time()
        text = f"released by {self.node.operator}"
        queued = self._find_queued(message)
        if queued is None:
            queued = _as_queued(message, self._free_id(message.id), now, text)
            await self.spool.keep(queued, content)
        if queued.id != message.id:
            text += f", in the queue as {queued.id}"
        # Category N is "not filtered": released mail counts so in every list (market 2.6).
        record = event(message, Ending.SPOOLED, now, text, category=Category.NOT_FILTERED)
        self.journal.append(replace(record, released_by=self.released_by))
        await self.journal.sync()
        self._tell(message, content)
        await self.held.remove(message.id)
        self.queued.append(Result(queued.id, is_done=True, text=text))
        return queued.id

    def _tell(self, message: QueuedMessage, content: Content) -> None:
        """Whoever has a message released says that it was none to be held."""
        if message.direction != Direction.INBOUND:
            return
        said = said_by_release(message, content, self.released_by, self.node)
        try:
            if not self.feedback.keep(said):
                log.warning("feedback not kept", id=message.id, problem="too much waits for the agent")
        except Unavailable as problem:
            log.error("feedback not kept", id=message.id, problem=str(problem))

    def _find_queued(self, message: QueuedMessage) -> QueuedMessage | None:
        """What a release that a crash cut short has put into the queue already."""
        ours = {one.address.key for one in message.waiting}
        there = (self.spool.read(each) for each in _queue_ids(message.id))
        return next((one for one in there if one and {each.address.key for each in one.recipients} == ours), None)

    def _free_id(self, message_id: str) -> str:
        """Where recipients disagreed, the queue may have the message for the others: by its id they wait for it."""
        own, other = _queue_ids(message_id)
        return own if self.spool.read(own) is None else other


def _queue_ids(message_id: str) -> tuple[str, str]:
    """The ids that a released message may have in the queue: its own, and one that begins so."""
    return message_id, f"{message_id}{RELEASED}"


def _as_queued(message: QueuedMessage, queued_id: str, now: float, text: str) -> QueuedMessage:
    """The held message as a fresh one in the queue, for those who still wait."""
    return replace(
        message,
        id=queued_id,
        recipients=message.waiting,
        queued_at=now,
        next_attempt=now,
        attempts=0,
        is_held=False,
        verdict=f"deliver: {Category.NOT_FILTERED}",
        reason=text,
    )


def _demand_clean(facts: ScanFacts) -> None:
    """Raises `Impossible` or `Unavailable` unless the scanner has looked and found nothing (design 1.4)."""
    if facts.state is ScanState.INFECTED:
        raise Impossible(f"infected with {facts.signature}: it stays here")
    if facts.state is ScanState.TOO_LARGE:
        raise Impossible("more than the virus scanner can look into: it stays here")
    if facts.state is not ScanState.CLEAN:
        raise Unavailable("the virus scanner does not answer: try again later")


def _scanner(settings: Settings) -> ClamdScanner | None:
    if settings.scanners.clamd is None:
        return None
    return ClamdScanner(settings.scanners.clamd, timeout_s=settings.scanners.clamd_timeout_s, cache_size=0)


async def _delete(held: FolderSpool, journal: FolderJournal, ids: list[str], operator: str) -> list[Result]:
    text = f"deleted by {operator}"

    async def act(message: QueuedMessage) -> str:
        now = time.time()
        fates = {one.address.key: (Fate.DELETED, text) for one in message.waiting}
        await held.record(message.id, Progress(at=now, fates=fates, by=operator))
        journal.append(event(message, Ending.DELETED, now, text))
        await journal.sync()
        return "deleted"

    return await carry_out(held, ids, act)


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
