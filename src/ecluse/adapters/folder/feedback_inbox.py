"""The port `FeedbackInbox`: one file for each, a Zstandard frame of a msgpack map."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog
import zstandard

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.domain.ids import new_id
from ecluse.domain.said import Said

MAX_WAITING = 10_000  # Of some 20 kB each.
MAX_OCTETS = 262_144
_WAITING, _DRAFT = ".said", ".new"
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Said)

log = structlog.get_logger()


class FolderFeedback:
    """See `ecluse.ports.feedback_inbox.FeedbackInbox`. Not synced: a power cut may lose the newest."""

    def __init__(self, folder: Path) -> None:
        """Make the folder. Raises `Unavailable`."""
        with disk_errors("feedback"):
            make_folder(folder)
        self._folder = folder

    def keep(self, said: Said) -> bool:
        """See `FeedbackInbox.keep`."""
        if len(self.waiting()) >= MAX_WAITING:
            return False
        name = new_id()
        draft = self._folder / f"{name}{_DRAFT}"
        with disk_errors("feedback"):
            try:
                draft.write_bytes(zstandard.compress(_ENCODER.encode(said)))
                draft.replace(self._path(name))
            except OSError:
                draft.unlink(missing_ok=True)
                raise
        return True

    def waiting(self) -> tuple[str, ...]:
        """See `FeedbackInbox.waiting`: ids begin with their time."""
        with disk_errors("feedback"):
            return tuple(sorted(path.stem for path in self._folder.glob(f"*{_WAITING}")))

    def read(self, name: str) -> Said | None:
        """See `FeedbackInbox.read`."""
        with disk_errors("feedback"):
            try:
                octets = self._path(name).read_bytes()
            except FileNotFoundError:
                return None
        try:
            return _DECODER.decode(zstandard.decompress(octets, max_output_size=MAX_OCTETS))
        except (msgspec.MsgspecError, zstandard.ZstdError) as problem:
            log.error("feedback is damaged", name=name, problem=str(problem))
            return None

    def remove(self, name: str) -> None:
        """See `FeedbackInbox.remove`."""
        with disk_errors("feedback"):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_WAITING}"
