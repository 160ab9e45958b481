"""The locked room: where files from outside are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ecluse.domain.opened import Opened


@dataclass(frozen=True, slots=True)
class FileToOpen:
    """One file as it came."""

    content: bytes
    name: str = ""  # As its sender calls it.
    passwords: tuple[str, ...] = ()  # To be tried, in this order.
    origin: str = ""  # Whoever sent it: where many files wait, nobody's make those of others wait.


class OpeningRoom(Protocol):
    """Opens files; trouble of its own is a state of the answer (`Trouble`), never an exception and never "clean"."""

    async def open(self, file: FileToOpen) -> Opened:
        """What the file holds; answers within the room's deadline."""
        ...
