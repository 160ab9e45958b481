"""How a node keeps back what is queued of locked accounts, and lets it go when their locks have ended."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from math import inf

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_locks import ControlToldLocks
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.domain.errors import EcluseError, Impossible, Unavailable
from ecluse.domain.lock import FORGOTTEN_AFTER_S, Lock
from ecluse.domain.lock_evidence import KEPT_S
from ecluse.entrypoints.locked_mail import carry_out_plan, plan
from ecluse.entrypoints.orders import ring
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.ports.locks import Locks
from ecluse.ports.told_locks import ToldLocks

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
SURE_AFTER_S = 60.0  # What was on its way when the lock came is in the queue by then.
WALK_AGAIN_S = 10.0  # While it may still come, or something could not be held or let go.
WALK_ANYWAY_S = 60.0  # While anybody is locked: a release from quarantine puts old mail into the queue.


async def keep_locked_mail(settings: Settings) -> None:
    """Look until cancelled."""
    paths = DataPaths(settings.data_dir)
    spool = FolderSpool(paths.spool, reserve_bytes=0)
    keeper = LockKeeper(LmdbLocks(paths.locks), spool, paths)
    try:
        while True:
            await keeper.look(time.time())
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        spool.close()


async def tell_locks(settings: Settings) -> None:
    """Tell the control plane until cancelled; while the database is away the node remembers."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    locks = LmdbLocks(DataPaths(settings.data_dir).locks)
    teller = LockTeller(ControlToldLocks(Database(settings.control.database), settings.hostname), locks)
    while True:
        await asyncio.to_thread(teller.look)
        await asyncio.sleep(LOOK_EVERY_S)


@dataclass(slots=True)
class LockTeller:
    """Compares what the node knows with what it has told."""

    control: ToldLocks
    locks: Locks
    _told: dict[str, Lock] | None = None
    _is_away: bool = False

    def look(self) -> None:
        """Tell what has changed; everything after a start."""
        try:
            found = {lock.id: lock for lock in self.locks.all()}
            if found != self._told:
                told = self._told or {}
                self.control.tell([lock for lock in found.values() if told.get(lock.id) != lock])
                self.control.end_others(found, time.time())
                self._told = found
        except Unavailable as problem:
            if not self._is_away:
                log.warning("locks cannot be told", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False


@dataclass(slots=True)
class LockKeeper:
    """Walks over the spool after a start and when a lock has come or ended; while one is in force, again and again."""

    locks: Locks
    spool: FolderSpool
    paths: DataPaths
    _seen: dict[str, bool] | None = None  # Lock -> whether it was in force at the last walk.
    _walked_at: float = -inf
    _is_done: bool = True  # Nothing that the last walk found was out of reach.

    async def look(self, now: float) -> None:
        """Hold and let go what is due. What fails is tried again."""
        try:
            locks = list(self.locks.all())
            state = {lock.id: lock.is_in_force(now) for lock in locks}
            if state != self._seen or abs(now - self._walked_at) >= self._pause_s(locks, now):
                self._is_done = await self._walk(locks, now)
                self._seen, self._walked_at = state, now
            self._forget(locks, now)
        except EcluseError as problem:
            log.error("queued mail of locked accounts not looked at", problem=str(problem))

    def _pause_s(self, locks: list[Lock], now: float) -> float:
        """From one walk to the next while no lock comes or ends."""
        in_force = [lock for lock in locks if lock.is_in_force(now)]
        if not self._is_done or any(now - lock.since < SURE_AFTER_S for lock in in_force):
            return WALK_AGAIN_S
        return WALK_ANYWAY_S if in_force else inf

    async def _walk(self, locks: list[Lock], now: float) -> bool:
        """Whether all that it found could be held or let go."""
        in_force = [lock for lock in locks if lock.is_in_force(now)]
        found = await asyncio.to_thread(plan, self.spool, in_force)
        results = await carry_out_plan(self.spool, found)
        ring(self.paths, results)
        left = [each.id for each in results if not each.is_done]
        if results:
            held, let_go = len(found.to_hold.keys() - left), len(set(found.to_let_go).difference(left))
            log.info("queued mail of locked accounts", held=held, let_go=let_go, out_of_reach=len(left))
        return not left

    def _forget(self, locks: list[Lock], now: float) -> None:
        for lock in locks:
            is_old = now - lock.since > KEPT_S
            if lock.evidence and is_old and self.locks.of(lock.scope, lock.client, lock.name) == lock:
                self.locks.put(replace(lock, evidence=b""))
            if not lock.is_in_force(now) and now - lock.ends_at > FORGOTTEN_AFTER_S:
                self.locks.forget(lock)
