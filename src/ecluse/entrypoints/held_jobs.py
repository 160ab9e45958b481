"""How the control plane learns what a node holds: the folder is the truth, and only what changed in it is told."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.held_copies import ControlHeldCopies
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.ports.held_copies import HeldCopies

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
COMPARE_EVERY_S = 600.0  # Everything once more: what was told wrongly, or got lost, does not stay so.
AT_ONCE = 500
_SETTLED_NS = 2_000_000_000  # Two changes within one tick of the file system's clock have one stamp.


async def tell_held(settings: Settings) -> None:
    """Tell until cancelled; while the database is away the folder waits."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    held = FolderSpool(DataPaths(settings.data_dir).held, reserve_bytes=0)
    teller = HeldTeller(ControlHeldCopies(Database(settings.control.database), settings.hostname), held)
    try:
        while True:
            await asyncio.to_thread(teller.look)
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        held.close()


@dataclass(slots=True)
class HeldTeller:
    """Compares folder and database."""

    copies: HeldCopies
    held: FolderSpool
    _seen: dict[int, int] = field(default_factory=dict)  # Bucket -> its stamp when it was told.
    _told: dict[int, set[str]] = field(default_factory=dict)  # Bucket -> the messages in it.
    _compared_at: float = float("-inf")
    _is_away: bool = False

    def look(self) -> None:
        """Tell what has come and gone since."""
        try:
            if time.monotonic() - self._compared_at >= COMPARE_EVERY_S:
                self._compare()
            self._tell_changed()
        except Unavailable as problem:
            if not self._is_away:
                log.warning("held messages cannot be told", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False

    def _compare(self) -> None:
        """Begin anew, with all that the database believes."""
        stamps = self.held.stamps()
        known = self.copies.known()
        self._told = {bucket: self._add(bucket, known) for bucket in stamps}
        self._gone(known.difference(*self._told.values()))
        self._seen = _settled(stamps)
        self._compared_at = time.monotonic()

    def _tell_changed(self) -> None:
        stamps = self.held.stamps()
        changed = {bucket for bucket, stamp in stamps.items() if self._seen.get(bucket) != stamp}
        for bucket in changed:
            before = self._told.get(bucket, set())
            self._told[bucket] = self._add(bucket, before)
            self._gone(before - self._told[bucket])
        self._seen |= _settled({bucket: stamps[bucket] for bucket in changed})

    def _add(self, bucket: int, told: AbstractSet[str]) -> set[str]:
        """Tell what lies there and was not told; all that lies there. Only what is new is opened."""
        names = set(self.held.ids(lambda one: one == bucket))
        here = names & told
        fresh = self._read(names - told)
        while batch := list(itertools.islice(fresh, AT_ONCE)):
            self.copies.add(batch)
            here |= {message.id for message in batch}
        return here

    def _read(self, ids: Iterable[str]) -> Iterator[QueuedMessage]:
        for message_id in ids:
            try:
                message = self.held.read(message_id)
            except Unavailable as problem:
                log.error("held message cannot be opened", id=message_id, problem=str(problem))
                continue
            if message is not None:
                yield message

    def _gone(self, ids: Iterable[str]) -> None:
        if ids := sorted(ids):
            self.copies.gone(ids, time.time())


def _settled(stamps: dict[int, int]) -> dict[int, int]:
    """Those after which nothing else can have happened under the same stamp."""
    now = time.time_ns()
    return {bucket: stamp for bucket, stamp in stamps.items() if now - stamp > _SETTLED_NS}
