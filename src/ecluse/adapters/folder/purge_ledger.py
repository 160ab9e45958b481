"""The newest run of each purge clock of this node: one small file, so that a restart forgets none."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ecluse.adapters.folder.disk import disk_errors, make_folder, write_durably
from ecluse.domain.purge import PurgeRun

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[PurgeRun, ...]).decode


class PurgeLedger:
    """For the agent alone, which notes what it has done and tells it. Methods raise `Unavailable` when the disk fails."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, run: PurgeRun) -> None:
        """In the place of the last one over the same store."""
        others = tuple(each for each in self.newest() if each.purged is not run.purged)
        with disk_errors("purges"):
            make_folder(self._path.parent)
            write_durably(self._path, _encode((*others, run)))

    def newest(self) -> tuple[PurgeRun, ...]:
        """Of each store; none of a file that is damaged, or of a later release."""
        with disk_errors("purges"):
            try:
                return _decode(self._path.read_bytes())
            except (FileNotFoundError, msgspec.MsgspecError):
                return ()
