"""What a person orders about stored messages: which ones are meant, each under its lock, and what came of it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.unix.doorbell import UnixDoorbell
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.terminal import BAD, GOOD, ExitCode, coloured, print_json, say

JOURNAL_BYTES = 1_048_576

IdsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Messages, by the beginning of their ids.", show_default=False),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every message.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

Action: TypeAlias = Callable[[QueuedMessage], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of the order for one message."""

    id: str
    is_done: bool
    text: str  # What was done, or why not.


@contextmanager
def opened(folder: Path) -> Iterator[FolderSpool | None]:
    """The spool in `folder`, or None where nothing was ever kept: a look must not make folders."""
    if not folder.is_dir():
        yield None
        return
    spool = FolderSpool(folder, reserve_bytes=0)
    try:
        yield spool
    finally:
        spool.close()


def find(spool: FolderSpool | None, prefix: str) -> QueuedMessage:
    """The one message whose id begins so. Raises `Impossible` when there is none, or another one."""
    exact = spool.read(prefix) if spool else None
    if exact is not None:
        return exact
    fitting = (
        (message for message in spool.messages() if message.id.startswith(prefix)) if spool and prefix else iter(())
    )
    found = list(itertools.islice(fitting, 2))
    if not found:
        raise Impossible(f"{prefix}: there is no such message here")
    if len(found) > 1:
        raise Impossible(f"{prefix}: several messages begin so, among them {found[0].id} and {found[1].id}")
    return found[0]


def chosen(
    spool: FolderSpool | None, prefixes: Iterable[str], fits: Callable[[QueuedMessage], bool] | None
) -> list[str]:
    """The ids of the named messages, and of all that `fits` says yes to. Raises `Impossible` for a name without message."""
    named = [find(spool, prefix.lower()).id for prefix in prefixes]
    others = [message.id for message in spool.messages() if fits(message)] if spool and fits else []
    return list(dict.fromkeys((*named, *sorted(others))))


async def carry_out(spool: FolderSpool, ids: Iterable[str], action: Action) -> list[Result]:
    """One message after the other, nobody else touching it; one that cannot be had does not stop the rest."""
    return [await _carry_out(spool, message_id, action) for message_id in ids]


async def _carry_out(spool: FolderSpool, message_id: str, action: Action) -> Result:
    try:
        with spool.lock(message_id):
            message = spool.read(message_id)
            if message is None:
                return Result(message_id, is_done=False, text="no longer here")
            return Result(message_id, is_done=True, text=await action(message))
    except (Unavailable, Impossible) as problem:
        return Result(message_id, is_done=False, text=str(problem).removeprefix(f"{message_id}: "))


def report(results: list[Result], *, as_json: bool) -> None:
    """Print them; exit 1 when an order was not obeyed."""
    if as_json:
        print_json([{"id": each.id, "done": each.is_done, "text": each.text} for each in results])
    else:
        for each in results:
            say(each.id, coloured(each.text, GOOD if each.is_done else BAD))
        if not results:
            say("There is nothing to do.")
    if not all(each.is_done for each in results):
        raise typer.Exit(ExitCode.NO)


def ask(question: str) -> None:
    """Exit 1 unless the answer is yes."""
    if not typer.confirm(question, err=True):
        raise typer.Exit(ExitCode.NO)


def ring(paths: DataPaths, results: Iterable[Result]) -> None:
    """Tell the delivery processes; those that do not own a message's destination pass it over."""
    done = [each.id for each in results if each.is_done]
    for path in sorted(paths.run.glob("delivery-*.sock")):
        number = path.stem.removeprefix("delivery-")
        if number.isdecimal():
            bell = UnixDoorbell(paths.run, _always(int(number)))
            for message_id in done:
                bell.ring("", message_id)
            bell.close()


def _always(number: int) -> Callable[[str], int]:
    return lambda _destination: number


@contextmanager
def journal_of_orders(paths: DataPaths) -> Iterator[FolderJournal]:
    """A journal file of our own: what a person ended or let go must stand in the message log (1-7)."""
    journal = FolderJournal(paths.journal, f"orders-{os.getpid()}", segment_bytes=JOURNAL_BYTES)
    try:
        yield journal
    finally:
        journal.close()


def event(message: QueuedMessage, fate: Ending, at: float, text: str, *, category: str = "") -> MessageEvent:
    """The record of an order that has ended the stay of a message."""
    return MessageEvent(
        id=message.message_id,
        stage=Stage.DELIVERY,
        at=at,
        direction=message.direction,
        client=message.client,
        sender=str(message.sender) if message.sender else "",
        recipients=tuple(
            RecipientEvent(one.address.key, fate, category=category, reply=text) for one in message.waiting
        ),
        size=message.size,
        reply=text,
    )
