"""How the control plane learns what a node's filter was taught: the log of acts is the truth, and what follows in it is told."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_lessons import ControlToldLessons
from ecluse.adapters.models.acts import FolderActs
from ecluse.domain.act import log_name
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.ports.acts import Acts, Place
from ecluse.ports.told_lessons import ToldLessons

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
AT_ONCE = 500


async def tell_lessons(settings: Settings) -> None:
    """Tell until cancelled; while the database is away the log of acts waits."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    told = ControlToldLessons(Database(settings.control.database), settings.hostname)
    teller = LessonTeller(told, FolderActs(DataPaths(settings.data_dir).models))
    while True:
        await asyncio.to_thread(teller.look)
        await asyncio.sleep(LOOK_EVERY_S)


@dataclass(slots=True)
class LessonTeller:
    """Compares the logs of acts with what was told, and with which clients there still are."""

    told: ToldLessons
    acts: Acts
    _erased: set[str] = field(default_factory=set)  # Clients of whom nothing is left here.
    _places: dict[str, Place | None] = field(default_factory=dict)  # Client -> up to where its log was told.
    _logs: dict[str, str] = field(default_factory=dict)  # Client -> the name of its log.
    _is_away: bool = False

    def look(self) -> None:
        """Tell what was learned and taken back since, and erase what is of clients that are gone."""
        try:
            for client, last in self.told.clients().items():
                self._tell(client, last)
            self._erase(self.told.taken_down())
        except Unavailable as problem:
            if not self._is_away:
                log.warning("lessons cannot be told", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False

    def _erase(self, taken_down: set[str]) -> None:
        """What was learned of those who have ended goes with all that they had set up (15-6)."""
        self._erased &= taken_down  # Who is served again may end again.
        for client in sorted(taken_down - self._erased):
            if self.acts.erase(client):
                log.info("what a client has taught is erased", client=client)
            self._places.pop(client, None)
            self._erased.add(client)

    def _tell(self, client: str, last: int) -> None:
        try:
            before = self._places.get(client)
            place, acts = self.acts.read_on(client, before)
            is_another = before is None and last > (acts[-1].number if acts else 0)
        except LookupError:
            is_another = True
            before = None
            place, acts = self.acts.read_on(client, None)
        if is_another:
            # What was told of the log before this one is nothing that could be taken back.
            self.told.forget(client)
            last = 0
        if before is None and acts:
            self._logs[client] = log_name(acts[0])
        fresh = (act for act in acts if act.number > last)
        while batch := list(itertools.islice(fresh, AT_ONCE)):
            self.told.tell(client, self._logs[client], batch)
        self._places[client] = place
