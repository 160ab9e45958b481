"""The octets that several spooled messages have in common: one file on the disk, one name for each of the messages.

    contents/<id>   hard links; the file system counts them, and the last name takes the octets with it

Names come before the messages' own and go after them: what a crash leaves between them is a name without a message.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ecluse.adapters.folder.disk import make_folder, removed_on_error, sync_folder
from ecluse.adapters.folder.spool_file import write_content
from ecluse.domain.content import Content

_LINKS_AT_MOST = 30_000  # Of one file; ext4 allows 65,000.


class SharedContents:
    """What it raises is an `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)

    def write(self, ids: Sequence[str], content: Content) -> tuple[int, int]:
        """Keep the octets durably under all these names; an open file, locked against `sweep`, and their CRC-32."""
        first = self._folder / ids[0]
        fd = os.open(first, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            with removed_on_error(first):
                checksum = write_content(fd, content)
                os.fsync(fd)
                self._link(first, ids[1:])
        except BaseException:
            os.close(fd)
            raise
        return fd, checksum

    def open(self, message_id: str) -> int:
        """A descriptor to read the octets of a message by."""
        return os.open(self._folder / message_id, os.O_RDONLY)

    def remove(self, message_id: str) -> None:
        """Take a name away; a power cut may bring it back, for `sweep` to find."""
        (self._folder / message_id).unlink(missing_ok=True)

    def sweep(self, is_kept: Callable[[str], bool], ids: Callable[[], Iterable[str]]) -> None:
        """Take away the names that a crash has left without a message; `is_kept` is asked of those not among `ids`."""
        paths = {path.name: path for path in self._folder.iterdir()}
        for name in paths.keys() - set(ids() if paths else ()):
            with suppress(OSError):
                self._sweep(paths[name], is_kept)

    def _sweep(self, path: Path, is_kept: Callable[[str], bool]) -> None:
        fd = os.open(path, os.O_RDONLY)
        try:
            # Whoever keeps messages of it holds the lock until they have their names.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_kept(path.name):
                path.unlink()
        finally:
            os.close(fd)

    def _link(self, first: Path, others: Sequence[str]) -> None:
        if len(others) >= _LINKS_AT_MOST:
            raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))
        made: list[Path] = []
        try:
            for name in others:
                (self._folder / name).hardlink_to(first)
                made.append(self._folder / name)
            sync_folder(self._folder)
        except BaseException:
            for path in made:
                path.unlink(missing_ok=True)
            raise
