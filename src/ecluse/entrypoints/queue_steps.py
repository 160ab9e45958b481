"""What a person orders about one queued message, as a step of its record; the command line and the control plane share it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Impossible
from ecluse.domain.event import Ending
from ecluse.domain.queue import Fate, Progress, QueuedMessage
from ecluse.entrypoints.orders import Action, event
from ecluse.entrypoints.releasing import is_cut_short

Step: TypeAlias = Callable[[QueuedMessage, str], Progress | None]  # By whom; None: it is so already.


def retrying(message: QueuedMessage, by: str) -> Progress:
    """Try it at once. Raises `Impossible` for what is held."""
    if message.is_held:
        raise Impossible("held: resume it first")
    now = time.time()
    return Progress(now, {}, next_attempt=now, by=by)


def holding(message: QueuedMessage, by: str) -> Progress | None:
    """Make no further attempt."""
    return None if message.is_held else Progress(time.time(), {}, is_held=True, by=by)


def resuming(message: QueuedMessage, by: str) -> Progress | None:
    """Let go what was held, due at once."""
    now = time.time()
    return Progress(now, {}, next_attempt=now, is_held=False, by=by) if message.is_held else None


def recording(spool: FolderSpool, step: Step, by: str, told: Callable[[QueuedMessage, Progress | None], str]) -> Action:
    """Records the step, and tells what came of it. Raises `Impossible`, `Unavailable`."""

    async def act(message: QueuedMessage) -> str:
        demand_whole(message)
        progress = step(message, by)
        text = told(message, progress)
        if progress is not None:
            await spool.record(message.id, progress)
        return text

    return act


def deleting(spool: FolderSpool, journal: FolderJournal, by: str) -> Action:
    """End it: neither its sender nor its recipients are told; it stands in the message log."""

    async def act(message: QueuedMessage) -> str:
        now, text = time.time(), f"deleted by {by}"
        fates = {one.address.key: (Fate.DELETED, text) for one in message.waiting}
        await spool.record(message.id, Progress(at=now, fates=fates, by=by))
        journal.append(event(message, Ending.DELETED, now, text))
        await journal.sync()
        return "deleted"

    return act


def demand_whole(message: QueuedMessage) -> None:
    """Raises `Impossible` for what a release has put here and not let go yet: it might be lost, or go out twice."""
    if is_cut_short(message):
        raise Impossible("its release is under way")
