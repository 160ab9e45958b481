"""How the control plane learns how a node is, and what waits in its queue."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.node_reports import ControlNodeReports
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.domain.backlog import Backlog
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.backlogs import backlogs_of
from ecluse.ports.node_reports import NodeReports
from ecluse.ports.outages import Outages
from ecluse.ports.spool import Spool

log = structlog.get_logger()

TELL_EVERY_S = 10.0
# To read the queue costs some 70 us a message: the longer it is, the more seldom.
READ_PER_MESSAGE_S = 0.01
READ_SELDOMEST_S = 300.0
COMPARE_EVERY_S = 600.0  # What the control plane believes, once more: what got lost does not stay so.


async def tell_state(settings: Settings) -> None:
    """Tell until cancelled; what cannot be told now is told anew the next time."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    paths = DataPaths(settings.data_dir)
    spool = FolderSpool(paths.spool, reserve_bytes=0)
    outages = LmdbOutages(paths.outages)
    reports = ControlNodeReports(Database(settings.control.database), settings.hostname)
    teller = StateTeller(reports, NodeState(settings, paths), spool, outages)
    try:
        while True:
            await asyncio.to_thread(teller.look)
            await asyncio.sleep(TELL_EVERY_S)
    finally:
        outages.close()
        spool.close()


@dataclass(slots=True)
class StateTeller:
    """Tells how the node is each time, and of its queue what has changed."""

    reports: NodeReports
    state: NodeState
    spool: Spool
    outages: Outages
    _told: dict[tuple[str, str], Backlog] = field(default_factory=dict)
    _queue_read_at: float = 0.0
    _read_next: float = float("-inf")  # Monotonic, as the next.
    _compare_next: float = float("-inf")
    _is_away: bool = False

    def look(self) -> None:
        """One report."""
        try:
            if time.monotonic() >= self._read_next:
                self._tell_queue()
            self.reports.tell(self.state.report(self._queue_read_at))
        except (Unavailable, OSError) as problem:
            if not self._is_away:
                log.warning("the node's state cannot be told", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False

    def _tell_queue(self) -> None:
        now = time.time()
        found = {each.key: each for each in backlogs_of(self.spool.messages(), self.outages.all())}
        is_compared = time.monotonic() >= self._compare_next
        known = self.reports.backlogs() if is_compared else self._told.keys()
        before = {} if is_compared else self._told
        changed = [each for key, each in found.items() if before.get(key) != each]
        gone = known - found.keys()
        if changed or gone:
            self.reports.tell_backlogs(changed, sorted(gone))
        self._told, self._queue_read_at = found, now
        messages = sum(each.count for each in found.values())
        self._read_next = time.monotonic() + min(messages * READ_PER_MESSAGE_S, READ_SELDOMEST_S)
        if is_compared:
            self._compare_next = time.monotonic() + COMPARE_EVERY_S
