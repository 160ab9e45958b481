"""A room of its own for one program: for the command line, the judge and tests; a node has a process for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ecluse.adapters.room.inside import RoomRules
from ecluse.adapters.room.zygote import bind

ZYGOTE = (sys.executable, "-m", "ecluse.adapters.room.program")


class PrivateZygote:
    """A zygote that lives as long as this object is open, and never longer than this process."""

    def __init__(self, rules: RoomRules, program: Sequence[str] = ZYGOTE) -> None:
        """`program` takes the descriptor of its door and its rules as two more arguments."""
        # Started anew and not forked: this process may have threads.
        self._folder = Path(tempfile.mkdtemp(prefix="ecluse-room-"))
        self.door = self._folder / "door"
        with bind(self.door) as door:
            descriptor = door.fileno()
            arguments = (*program, str(descriptor), msgspec.json.encode(rules).decode())
            self._process = subprocess.Popen(  # noqa: S603 - our own program, by its path.
                arguments, pass_fds=(descriptor,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    @property
    def poison_folder(self) -> Path:
        """What ends helpers is remembered as long as the room is there."""
        return self._folder / "poison"

    def close(self) -> None:
        """End it with all its helpers."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
