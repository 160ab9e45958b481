"""Which files have ended helpers, and how often; survives restarts, shared by all processes of a node."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger()

POISON_AT = 3
KEEP_S = 30 * 86_400.0
MAX_FILES = 10_000  # Whoever can end a helper with ever new files gains no disk by it.


class PoisonList:
    """A folder with one empty-looking file for each fingerprint: its size is how often a helper ended with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def count(self, fingerprint: str) -> int:
        """How often a helper ended with it; from `POISON_AT` on it is not to be opened again."""
        try:
            return (self._folder / fingerprint).stat().st_size
        except OSError:
            return 0

    def note(self, fingerprint: str) -> int:
        """A helper ended with it; how often now."""
        path = self._folder / fingerprint
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not path.exists() and sum(1 for _ in self._folder.iterdir()) >= MAX_FILES:
                return 1
            # One octet appended is one write: processes cannot overwrite each other's.
            with path.open("ab") as file:
                file.write(b".")
        except OSError as problem:
            log.error("poison cannot be noted", problem=problem.strerror)
            return 1
        return self.count(fingerprint)

    def forget(self, fingerprint: str) -> None:
        """A helper has opened it: what ended the others was not the file."""
        with suppress(OSError):
            (self._folder / fingerprint).unlink(missing_ok=True)

    def forget_old(self) -> None:
        """What nobody has sent for a month; the openers have changed since, and may read it."""
        before = time.time() - KEEP_S
        with suppress(OSError):
            for path in self._folder.iterdir():
                with suppress(OSError):
                    if path.stat().st_mtime < before:
                        path.unlink()
