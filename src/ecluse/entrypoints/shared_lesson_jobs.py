"""How a node learns what other nodes of the installation were told: it goes into the inbox, as all that is said here does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.shared_lessons import ControlSharedLessons
from ecluse.adapters.counters.keys import read_salt
from ecluse.adapters.folder.disk import disk_errors, make_folder, write_durably
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models.acts import FolderActs
from ecluse.domain.act import Origin
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.ports.acts import Acts
from ecluse.ports.feedback_inbox import FeedbackInbox
from ecluse.ports.shared_lessons import SharedLessons

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
MOST_WAITING = 500  # Beyond it the inbox is left to what is said at this node.


async def follow_lessons(settings: Settings) -> None:
    """Learn with the others until cancelled; while the database is away, their lessons wait there."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    shared = ControlSharedLessons(Database(settings.control.database), settings.hostname)
    paths = DataPaths(settings.data_dir)
    follower = LessonFollower(shared, FolderActs(paths.models), FolderFeedback(paths.feedback), paths.voter_key)
    while True:
        await asyncio.to_thread(follower.look)
        await asyncio.sleep(LOOK_EVERY_S)


@dataclass(slots=True)
class LessonFollower:
    """Compares what other nodes have shared with this node's log of acts, which is the truth of what has come already.

    What was handed over and is not in that log yet is handed over again after a restart; it counts once (`Teaching.take`).
    What takes back something that is not there comes again, too: it may wait in the inbox.
    """

    shared: SharedLessons
    acts: Acts
    inbox: FeedbackInbox
    voter_key: Path
    _clients: dict[str, _Followed] = field(default_factory=dict)
    _has_key: bool = False
    _is_away: bool = False

    def look(self) -> None:
        """Hand over what was shared since."""
        try:
            self._take_key()
            newest = self.shared.newest()
            # Who has ended may be served again, and is then begun with anew.
            self._clients = {client: each for client, each in self._clients.items() if client in newest}
            for client, logs in newest.items():
                self._follow(client, list(logs))
        except Unavailable as problem:
            if not self._is_away:
                log.warning("lessons of other nodes cannot be learned", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False

    def _take_key(self) -> None:
        """The same person bears the same name at all nodes, and so has one vote."""
        if self._has_key:
            return
        key = self.shared.voter_key()
        with disk_errors("voter key"):
            make_folder(self.voter_key.parent)
            if read_salt(self.voter_key) != key:
                write_durably(self.voter_key, key)
        self._has_key = True

    def _follow(self, client: str, logs: list[Origin]) -> None:
        followed = self._clients.get(client)
        if followed is None:
            followed = self._clients[client] = _Followed({act.origin for act in self.acts.read(client) if act.origin})
        behind = [newest for newest in logs if newest.number > followed.place(newest).number]
        # While the inbox has no room, they wait where they are.
        if all(self._catch_up(client, followed, newest) for newest in behind):
            followed.heard = None

    def _catch_up(self, client: str, followed: _Followed, newest: Origin) -> bool:
        """Up to what that log has shared; False where more waits there."""
        while (place := followed.place(newest)).number < newest.number:
            room = MOST_WAITING - len(self.inbox.waiting())
            if room <= 0:
                return False
            numbers = self.shared.numbers_after(client, place)[:room]
            if not numbers:
                return True  # It was taken back meanwhile.
            for number in numbers:
                origin = replace(newest, number=number)
                said = None if followed.has(origin) else self.shared.read(client, origin)
                if said is not None and not self.inbox.keep(said):
                    return False
                followed.go_to(origin)
        return True


@dataclass(slots=True)
class _Followed:
    """How far one client's lessons were followed; after a start, what of them is in the log of acts already."""

    heard: set[Origin] | None
    _places: dict[tuple[str, str], int] = field(default_factory=dict)  # Node and log -> the last number.

    def place(self, of: Origin) -> Origin:
        return replace(of, number=self._places.get((of.node, of.log), 0))

    def go_to(self, origin: Origin) -> None:
        self._places[origin.node, origin.log] = origin.number

    def has(self, origin: Origin) -> bool:
        return self.heard is not None and origin in self.heard
