"""A node's purge clocks: 168 hours of an outage, 30 days of bodies, 365 days of records; each run leaves its proof."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import structlog

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_pruning import JournalPruning
from ecluse.adapters.folder.purge_ledger import PurgeLedger
from ecluse.adapters.folder.segment import SUFFIX, delete_unchanged_since
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import EcluseError
from ecluse.domain.held import NOT_IN_TIME
from ecluse.domain.outage import Outage
from ecluse.domain.purge import LIMITS_S, Clock, Purged, PurgeRun
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.giving_back import GivingBack, giving_back
from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.orders import JOURNAL_BYTES
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.queue_steps import demand_whole
from ecluse.entrypoints.releasing import take_back
from ecluse.entrypoints.sender_notices import tell_not_approved
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.notices import Notices
from ecluse.ports.spool import Spool

log = structlog.get_logger()

BODIES_KEPT_S = LIMITS_S[Clock.BODIES]
_DAY_S = 86_400.0
AT_ONCE = 100  # Held messages: each has a file open meanwhile.
TOO_LONG_HERE = "it has been here for 30 days, the longest that mail is kept"


def ledger_of(paths: DataPaths) -> PurgeLedger:
    """Where this node notes its runs."""
    return PurgeLedger(paths.purges)


async def purge_held(held: FolderSpool, spool: FolderSpool, notices: Notices, now: float) -> PurgeRun:
    """Held bodies end at 30 days (15-4); who was told that his message waits hears it.

    What somebody lets go or deletes at this moment is his; what is left of it ends at the next run.
    """
    old, oldest = await asyncio.to_thread(_by_age, held.messages, now - BODIES_KEPT_S)
    ended: set[str] = set()
    for at in range(0, len(old), AT_ONCE):
        ended |= await _end_held(held, spool, notices, old[at : at + AT_ONCE])
    left = [message.received_at for message in old if message.id not in ended]
    before = now - BODIES_KEPT_S
    damaged = held.purge_damaged(before) + spool.purge_damaged(before)
    return PurgeRun(Purged.HELD_MAIL, now, min(left, default=oldest), len(ended) + damaged)


async def purge_waiting(settings: Settings, spool: FolderSpool, now: float) -> PurgeRun:
    """What waits in the queue ends at 30 days, too, whoever has put it on hold: as at the end of its time (15-4)."""
    old, oldest = await asyncio.to_thread(_by_age, spool.messages, now - BODIES_KEPT_S)
    if not old:
        return PurgeRun(Purged.WAITING_MAIL, now, oldest, 0)
    ended = await _end(settings, spool, old)
    left = [message.received_at for message in old if message.id not in ended]
    return PurgeRun(Purged.WAITING_MAIL, now, min(left, default=oldest), len(ended))


def purge_journal(folder: Path, before: float, now: float) -> PurgeRun:
    """Files of records (15-8); how old what remains is tells its file's last writing."""
    removed = delete_unchanged_since(folder, before)
    written = [path.stat().st_mtime for path in folder.glob(f"*{SUFFIX}")] if folder.is_dir() else []
    return PurgeRun(Purged.JOURNAL, now, min(written, default=0.0), removed)


def shorten_journal(paths: DataPaths, log_days: Mapping[str, int], now: float) -> int:
    """Records of clients that have theirs kept for fewer days than the node keeps its own (15-8); how many went.

    A file is written to for a week at most, and counts by its last writing: so they go within a week of their day. Raises
    `NoRoom`, `Unavailable`.
    """
    done = JournalPruning(paths.journal, paths.journal_pruned).prune(
        {client: now - days * _DAY_S for client, days in log_days.items()}
    )
    for client, count in done.by_client.items():
        log.info("journal shortened", client=client, records=count)
    if not done.is_whole:
        log.info("journal is shortened further in an hour")
    return done.by_client.total()


def look_at_outages(spool: Spool, outages: Iterable[Outage], ended: int, now: float) -> PurgeRun:
    """The processes that deliver end mail after 168 hours of an outage (11-2); seen to from outside of them.

    `ended`: so many messages since the last look.
    """
    since = {outage.destination: outage.since for outage in outages}
    waiting = {message.destination for message in spool.messages() if not message.is_held} if since else set()
    found = [at for destination, at in since.items() if destination in waiting]
    return PurgeRun(Purged.OUTAGE_MAIL, now, min(found, default=0.0), ended)


class EndedByOutage:
    """Counts what the processes that deliver have ended, as they tell it in their metrics."""

    def __init__(self, state: NodeState) -> None:
        self._state, self._before = state, 0

    def since_last(self) -> int:
        """So many messages since the last time; a node that was restarted counts anew."""
        total = int(self._state.report(0.0).figure("ecluse_outage_ended_total"))
        since, self._before = max(0, total - self._before), total
        return since


def _by_age(messages: Callable[[], Iterable[QueuedMessage]], before: float) -> tuple[tuple[QueuedMessage, ...], float]:
    """The old ones, and when the oldest of the others came; 0 = there is none. It reads every file: not for a loop."""
    old, oldest = [], 0.0
    for message in messages():
        if message.received_at < before:
            old.append(message)
        else:
            oldest = min(oldest or message.received_at, message.received_at)
    return tuple(old), oldest


async def _end_held(
    held: FolderSpool, spool: FolderSpool, notices: Notices, old: tuple[QueuedMessage, ...]
) -> set[str]:
    with ExitStack() as locks:
        mine = [message for each in old if (message := _locked(held, each.id, locks)) is not None]
        await take_back(spool, mine)
        for message in mine:
            try:
                await tell_not_approved(notices, held, message, NOT_IN_TIME)
            except EcluseError as problem:
                log.error("sender not told that his message ended", id=message.id, problem=str(problem))
            await held.remove(message.id)
            log.info("held message purged", id=message.id, client=message.client)
    return {message.id for message in mine}


def _locked(held: FolderSpool, message_id: str, locks: ExitStack) -> QueuedMessage | None:
    """As it is now, ours until the locks are given back; None where somebody has it in hand, or it is gone."""
    try:
        locks.enter_context(held.lock(message_id))
    except EcluseError as problem:
        log.info("held message not purged yet", id=message_id, problem=str(problem))
        return None
    return held.read(message_id)


async def _end(settings: Settings, spool: FolderSpool, old: tuple[QueuedMessage, ...]) -> set[str]:
    """Each as an order to give it back would; whose could not be ended now is tried again at the next run."""
    folder = DataPaths(settings.data_dir).journal
    journal = FolderJournal(folder, "purges", segment_bytes=JOURNAL_BYTES, waits_for_room=True)
    with closing(journal), giving_back(settings, spool, journal) as ending:
        return {message.id for message in old if await _is_ended(ending, spool, message)}


async def _is_ended(ending: GivingBack, spool: FolderSpool, message: QueuedMessage) -> bool:
    try:
        with spool.lock(message.id):
            found = spool.read(message.id)
            if found is not None:
                demand_whole(found)
                await ending.deliverer.end(found, TOO_LONG_HERE)
    except EcluseError as problem:
        log.error("waiting message not purged", id=message.id, problem=str(problem))
        return False
    log.info("waiting message purged", id=message.id, client=message.client)
    return True
