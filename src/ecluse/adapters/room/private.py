"""A zygote as a program: of a node, or of one program alone, such as the command line, the judge and tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from ecluse.adapters.room.door import bind
from ecluse.adapters.room.inside import RoomRules

ZYGOTE = (sys.executable, "-m", "ecluse.adapters.room.program")
_PREFIX = "ecluse-opening-"
_CLAIMED_WITHIN_S = 60.0  # A folder that is younger may be about to be.
_INHERITED = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME")
# A fork copies one thread, so libraries for numbers must not start more.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def become_zygote(door: socket.socket, rules: RoomRules) -> NoReturn:
    """Replace this process by the zygote: nothing that it knows, no key and no setting, is in a helper's memory."""
    os.set_inheritable(door.fileno(), True)  # noqa: FBT003 - the standard library's signature.
    os.execve(ZYGOTE[0], [*ZYGOTE, *_arguments(door, rules)], _environment())  # noqa: S606 - our own program, no shell.


def _arguments(door: socket.socket, rules: RoomRules) -> tuple[str, str]:
    return str(door.fileno()), msgspec.json.encode(rules).decode()


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | _ONE_THREAD


class PrivateZygote:
    """A zygote that lives as long as this object is open, and never longer than this process."""

    def __init__(self, rules: RoomRules, program: Sequence[str] = ZYGOTE) -> None:
        """`program` takes the descriptor of its door and its rules as two more arguments."""
        # Started anew and not forked: this process may have threads.
        _clear_away()
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._claim = _claim(self._folder)
        self.door = self._folder / "door"
        with bind(self.door) as door:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, by its path.
                (*program, *_arguments(door, rules)),
                pass_fds=(door.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
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
        os.close(self._claim)


def _clear_away() -> None:
    """Remove what processes that were killed have left: the claim on a folder ends with its process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            claim = _claim(folder)
            state = os.fstat(claim)
            if state.st_uid == os.geteuid() and time.time() - state.st_mtime > _CLAIMED_WITHIN_S:
                shutil.rmtree(folder, ignore_errors=True)
            os.close(claim)


def _claim(folder: Path) -> int:
    """A lock that the system releases with the descriptor. Raises OSError when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
