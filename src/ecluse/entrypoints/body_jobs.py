"""How held bodies leave a node's disk (design 4, 7): a message is kept here first, and goes when the store has confirmed.

What is held no more, or too old, goes from the store. While that is away, bodies wait on the disk, and mail flows.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field

import structlog

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Impossible, InUse, Unavailable
from ecluse.domain.purge import LIMITS_S, Clock
from ecluse.entrypoints.body_store import body_store
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta import metrics
from ecluse.ports.bodies import Bodies

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
AGAIN_AFTER_S = 5.0  # After a look that the store has spoiled.
COMPARE_EVERY_S = 3_600.0
MOST_FAILURES = 3  # In one look: a store that does not answer takes its time to say so.
SETTLED_NS = 2_000_000_000  # Two changes within one tick of the file system's clock have one stamp.


async def send_bodies_away(settings: Settings) -> None:
    """Go on until cancelled. In a thread that nobody waits for: an end of the agent must not wait for a store."""
    bodies = body_store(settings)
    if bodies is None:
        raise Impossible("no store of bodies is set")
    held = FolderSpool(DataPaths(settings.data_dir).held, reserve_bytes=0, bodies=bodies)
    ending, loop = threading.Event(), asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            _move_until(ending, BodyMover(held, bodies))
        except Exception as problem:  # noqa: BLE001 - whatever it is ends the agent, which is started again.
            loop.call_soon_threadsafe(failed.set_exception, problem)

    threading.Thread(target=run, name="bodies", daemon=True).start()
    try:
        await failed
    finally:
        ending.set()


def _move_until(ending: threading.Event, mover: BodyMover) -> None:
    pause_s = LOOK_EVERY_S
    while not ending.wait(pause_s):
        pause_s = LOOK_EVERY_S if mover.look() else AGAIN_AFTER_S


@dataclass(slots=True)
class BodyMover:
    """Compares folder and store: the folder is the truth."""

    held: FolderSpool
    bodies: Bodies
    _seen: dict[int, int] = field(default_factory=dict)  # Bucket -> its stamp when nothing in it waited.
    _sent: dict[int, set[str]] = field(default_factory=dict)  # Bucket -> what of it is in the store.
    _stays: dict[int, set[str]] = field(default_factory=dict)  # Bucket -> what is not sealed, or damaged.
    _failed: set[str] = field(default_factory=set)  # In the last look: others come first.
    _gone: set[str] = field(default_factory=set)  # Held no more, and not yet taken from the store.
    _compared_at: float = float("-inf")
    _is_away: bool = False

    def look(self) -> bool:
        """Move what has come, remove what has gone; whether the store did all that was asked of it."""
        problems: list[str] = []
        try:
            self._move_new(problems)
            self._remove_gone()
            if time.monotonic() - self._compared_at >= COMPARE_EVERY_S:
                self._compare(time.time())
        except Unavailable as problem:
            problems.append(str(problem))
        self._tell(problems)
        return not problems

    def _move_new(self, problems: list[str]) -> None:
        self._failed, before, waiting = set(), self._failed, 0
        for bucket, stamp in self.held.stamps().items():
            if self._seen.get(bucket) == stamp:
                continue
            left = self._look_into(bucket, before, problems)
            waiting += left
            if not left and time.time_ns() - stamp > SETTLED_NS:
                self._seen[bucket] = stamp
        metrics.BODIES_WAITING.set(waiting)
        metrics.BODIES_STORED.set(sum(map(len, self._sent.values())))

    def _look_into(self, bucket: int, failed_before: set[str], problems: list[str]) -> int:
        """Move what is new there; how many messages still wait for it."""
        here = set(self.held.ids(lambda one: one == bucket))
        sent, stays = self._sent.setdefault(bucket, set()), self._stays.setdefault(bucket, set())
        self._gone |= sent - here
        sent &= here
        stays &= here
        for message_id in sorted(here - sent - stays, key=lambda one: (one in failed_before, one)):
            if len(problems) == MOST_FAILURES:
                break
            try:
                (sent if self.held.send_away(message_id) else stays).add(message_id)
            except InUse:
                continue
            except Unavailable as problem:
                self._failed.add(message_id)
                problems.append(str(problem))
            except Impossible as problem:
                log.error("held body stays here", id=message_id, problem=str(problem))
                stays.add(message_id)
        return len(here) - len(sent) - len(stays)

    def _remove_gone(self) -> None:
        if self._gone:
            self.bodies.remove(sorted(self._gone))
            log.info("held bodies removed from the store", count=len(self._gone))
            self._gone.clear()

    def _compare(self, now: float) -> None:
        """Remove what a crash has left in the store; what nobody holds is 30 days old at most (15-4)."""
        here = set(self.held.ids())
        stored = list(self.bodies.stored())
        strays = [one for one in stored if one.message_id not in here]
        if strays and len(strays) == len(stored):
            # That folder may have been lost, or be another one's: until they are old, that is for a person to say.
            log.error("the store has bodies, and none of them is held here", count=len(strays))
            strays = [one for one in strays if one.stored_at < now - LIMITS_S[Clock.BODIES]]
        self._gone |= {one.message_id for one in strays}
        self._remove_gone()
        self._compared_at = time.monotonic()

    def _tell(self, problems: list[str]) -> None:
        metrics.BODIES_AWAY.set(bool(problems))
        if problems and not self._is_away:
            log.warning("held bodies wait here: their store did not do what was asked", problem=problems[0])
        elif self._is_away and not problems:
            log.info("store of held bodies is back")
        self._is_away = bool(problems)
