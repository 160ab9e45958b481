"""What the agent does about the message log: events go up within two seconds, and what is too old is deleted (design 3)."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_found import ControlToldFound
from ecluse.adapters.controldb.told_limits import ControlToldLimits
from ecluse.adapters.controldb.told_unknown import ControlToldUnknown
from ecluse.adapters.folder.journal_batches import JournalBatches
from ecluse.adapters.folder.purge_ledger import PurgeLedger
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.event import MessageEvent
from ecluse.domain.ids import is_id
from ecluse.domain.log_row import received_at
from ecluse.domain.purge import LEAST_LOG_DAYS, Purged, PurgeRun
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta import metrics
from ecluse.mta.reports.found_addresses import FoundAddresses
from ecluse.mta.reports.limit_marks import limit_marks
from ecluse.mta.reports.unknown_recipients import unknown_recipients
from ecluse.ports.message_log import MessageLog

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
PURGE_EVERY_S = 3_600.0
EVENTS_AT_ONCE = 1_000
MOST_UNTOLD = 10_000  # Of each kind; the oldest go.
DAY_S = 86_400.0
KEPT_S = 365 * DAY_S  # 15-8.
FORGOTTEN_AT_ONCE = 1_000  # Messages of one client in one transaction.


async def ship_events(settings: Settings) -> None:
    """What happened is in the log within two seconds; while that is away the journal keeps it."""
    paths = DataPaths(settings.data_dir)
    database = Database(_database_of(settings))
    beside = (
        Beside(
            unknown_recipients,
            ControlToldUnknown(database).tell,
            lambda problem: log.warning("unknown recipients not told", problem=problem),
        ),
        Beside(
            FoundAddresses().among,
            ControlToldFound(database).tell,
            lambda problem: log.warning("found addresses not told", problem=problem),
        ),
        Beside(
            limit_marks,
            ControlToldLimits(database).tell,
            lambda problem: log.warning("limits not told", problem=problem),
        ),
    )
    journal = JournalBatches(paths.journal, paths.log_position)
    shipper = Shipper(_log_of(settings), journal, *beside, log_days=LmdbPolicies(paths.policy).log_days)
    while True:
        has_more = await asyncio.to_thread(shipper.look)
        await asyncio.sleep(0 if has_more else LOOK_EVERY_S)


async def purge_log(settings: Settings) -> None:
    """The clock of 15-8, for what was shipped."""
    paths = DataPaths(settings.data_dir)
    message_log, ledger, policies = _log_of(settings), PurgeLedger(paths.purges), LmdbPolicies(paths.policy)
    while True:
        try:
            # The ledger has one writer at a time: the loop itself.
            ledger.note(await asyncio.to_thread(_purged, message_log, time.time(), policies.log_days))
        except Unavailable as problem:
            log.error("purge put off", problem=str(problem))
        await asyncio.sleep(PURGE_EVERY_S)


def _purged(message_log: MessageLog, now: float, log_days: LogDays) -> PurgeRun:
    """No run is told while a client's own days were not kept, too."""
    removed = message_log.purge(now - KEPT_S)
    for client, days in log_days().items():
        removed += _forget(message_log, client, now - days * DAY_S)
    return PurgeRun(Purged.MESSAGE_LOG, now, message_log.oldest(), removed)


def _forget(message_log: MessageLog, client: str, before: float) -> int:
    """In steps: whoever reads and writes the log meanwhile does not wait for a client's whole year."""
    removed = 0
    while gone := message_log.forget(client, before, FORGOTTEN_AT_ONCE):
        removed += gone
    if removed:
        log.info("log shortened", client=client, rows=removed)
    return removed


# The clients whose messages are kept for less than a year -> days. Raises `Unavailable`.
LogDays = Callable[[], Mapping[str, int]]
JOBS: tuple[Callable[[Settings], Coroutine[Any, Any, None]], ...] = (ship_events, purge_log)


Told = TypeVar("Told")


@dataclass(slots=True)
class Beside(Generic[Told]):
    """What is told of events beside the log, and waits in memory where it cannot be told.

    A database that is older than this release knows nothing of it, and the log does not wait for its upgrade.
    """

    among: Callable[[Iterable[MessageEvent]], Iterable[Told]]
    told: Callable[[tuple[Told, ...]], None]  # Raises `Unavailable`.
    complain: Callable[[str], None]  # Once, until it is told.
    _untold: tuple[Told, ...] = ()

    def tell(self, events: tuple[MessageEvent, ...]) -> None:
        """What these events say, and what could not be told before."""
        found = (*self._untold, *self.among(events))
        try:
            if found:
                self.told(found)
        except Unavailable as problem:
            if not self._untold:
                self.complain(str(problem))
            self._untold = found[-MOST_UNTOLD:]
        else:
            self._untold = ()


class Shipper:
    """Passes the journal on, batch by batch; each is confirmed when the log has it."""

    def __init__(
        self, message_log: MessageLog, journal: JournalBatches, *beside: Beside[Any], log_days: LogDays = dict
    ) -> None:
        self._log, self._journal, self._log_days, self._beside = message_log, journal, log_days, beside
        self._is_away = False

    def look(self) -> bool:
        """Ship one batch; whether there may be another at once."""
        looked_at = time.time()
        try:
            batch = self._journal.next(EVENTS_AT_ONCE)
            if batch.events:
                self._log.append(tuple(self._kept(batch.events, looked_at)))
            for each in self._beside:
                each.tell(batch.events)
            self._journal.confirm(batch)
        except Unavailable as problem:
            self._note_away(problem)
            return False
        self._note_there(len(batch.events))
        if len(batch.events) == EVENTS_AT_ONCE:
            return True
        metrics.LOG_COMPLETE.set(looked_at)
        return False

    def _kept(self, events: Iterable[MessageEvent], now: float) -> Iterator[MessageEvent]:
        """What a client's own days have taken out stays out, and is counted once, when a journal is read anew."""
        days: Mapping[str, int] | None = None
        for event in events:
            age = now - received_at(event.id) if is_id(event.id) else 0.0
            if age > LEAST_LOG_DAYS * DAY_S:
                days = self._log_days() if days is None else days
                if age > days.get(event.client, math.inf) * DAY_S:
                    continue
            yield event

    def _note_away(self, problem: Unavailable) -> None:
        if not self._is_away:
            log.warning("message log out of reach; the journal keeps what happens", problem=str(problem))
        self._is_away = True
        metrics.LOG_AWAY.set(1)

    def _note_there(self, events: int) -> None:
        if self._is_away:
            log.info("message log in reach again")
        self._is_away = False
        metrics.LOG_AWAY.set(0)
        metrics.EVENTS_SHIPPED.inc(events)


def _log_of(settings: Settings) -> MessageLog:
    return open_log(_database_of(settings), settings.data_dir)


def _database_of(settings: Settings) -> str:
    if settings.control.database is None:
        raise Impossible("no control database is set")
    return settings.control.database
