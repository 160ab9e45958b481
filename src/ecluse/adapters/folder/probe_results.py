"""Results of a probe until the console has taken them: one file for each minute, so that nothing is lost or told in part."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.domain.probe_result import MAX_AGE_MIN, ProbeResult

_KEPT, _DRAFT = ".results", ".new"
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[ProbeResult, ...])

log = structlog.get_logger()


class KeptResults:
    """Not synced: a power cut may lose the newest minutes, of which the point has then said nothing."""

    def __init__(self, folder: Path) -> None:
        """Make the folder. Raises `Unavailable`."""
        with disk_errors("probe results"):
            make_folder(folder)
        self._folder = folder

    def keep(self, minute: int, results: tuple[ProbeResult, ...]) -> None:
        """All of one minute; beyond fifteen days of them the oldest go. Raises `Unavailable`."""
        draft = self._folder / f"{minute:012}{_DRAFT}"
        with disk_errors("probe results"):
            draft.write_bytes(_ENCODER.encode(results))
            draft.replace(self._path(minute))
        for old in self.minutes()[:-MAX_AGE_MIN]:
            self.remove(old)

    def minutes(self) -> tuple[int, ...]:
        """Those that are kept, the oldest first. Raises `Unavailable`."""
        with disk_errors("probe results"):
            return tuple(sorted(int(each.stem) for each in self._folder.glob(f"*{_KEPT}") if each.stem.isdecimal()))

    def read(self, minute: int) -> tuple[ProbeResult, ...]:
        """None of a damaged file. Raises `Unavailable`."""
        with disk_errors("probe results"):
            octets = self._path(minute).read_bytes()
        try:
            return _DECODER.decode(octets)
        except msgspec.MsgspecError as problem:
            log.error("probe results are damaged", minute=minute, problem=str(problem))
            return ()

    def remove(self, minute: int) -> None:
        """The console has them. Raises `Unavailable`."""
        with disk_errors("probe results"):
            self._path(minute).unlink(missing_ok=True)

    def _path(self, minute: int) -> Path:
        return self._folder / f"{minute:012}{_KEPT}"
