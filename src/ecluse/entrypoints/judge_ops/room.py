"""The judge's one event loop and its opening room, which both begin with the first question that needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ecluse.domain.opened import Opened
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.settings_tables import Opening
from ecluse.filtering.files import FileOpening
from ecluse.ports.opener import FileToOpen

T = TypeVar("T")

# A question has ten seconds.
DEADLINE_S = 7.0
MESSAGE_S = 8.0
MEMORY_MIB = 700


class JudgeRoom:
    """One for the whole life of the judge."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._room = OwnRoom(Opening(deadline_s=DEADLINE_S, memory_mib=MEMORY_MIB))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in the one loop."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(work)

    def open(self, file: FileToOpen) -> Opened:
        """What the room says of a file."""
        return self.run(self._room.open(file))

    def files(self) -> FileOpening:
        """For the evidence about one message."""
        return FileOpening(self._room, MESSAGE_S)

    def close(self) -> None:
        """The input has ended."""
        if self._runner is not None:
            self._runner.run(self._room.close())
            self._runner.close()
            self._runner = None


ROOM = JudgeRoom()
