"""A room for one command, started with the first file that is to be opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.private import PrivateZygote
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.domain.opened import Opened
from ecluse.entrypoints.room_settings import room_rules
from ecluse.entrypoints.settings_tables import Opening
from ecluse.ports.opener import FileToOpen

START_S = 60.0  # The zygote reads its libraries from a disk that may be busy.


@dataclass(slots=True)
class OwnRoom:
    """The port `OpeningRoom`, for one event loop."""

    opening: Opening = field(default_factory=Opening)
    _zygote: PrivateZygote | None = None
    _room: HelperRoom | None = None

    async def open(self, file: FileToOpen) -> Opened:
        """See `OpeningRoom.open`."""
        if self._room is None:
            self._zygote = PrivateZygote(room_rules(self.opening))
            opening = self.opening
            pool = Pool(deadline_s=opening.deadline_s, wait_s=START_S, cache_octets=opening.cache_mib << 20)
            self._room = HelperRoom(self._zygote.door, PoisonList(self._zygote.poison_folder), pool)
        return await self._room.open(file)

    async def close(self) -> None:
        """End helpers and zygote, if they were ever started."""
        if self._room is not None:
            await self._room.close()
        if self._zygote is not None:
            self._zygote.close()
        self._room = self._zygote = None
