"""The port `ReportFiles`: a folder for each day; what was sent is a line of a file in it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ecluse.adapters.folder.disk import disk_errors, make_folder

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNSAFE = re.compile(r"[^A-Za-z0-9!._=-]")
MAX_NAME = 200  # Octets; file systems take 255.
_SENT, _COMPLETE = "sent.txt", "complete"


class FolderReportFiles:
    """See `ecluse.ports.report_files.ReportFiles`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, day: str, name: str, octets: bytes) -> None:
        """See `ReportFiles.keep`."""
        path = self._made(day) / _UNSAFE.sub("_", name)[-MAX_NAME:]
        with disk_errors("reports"):
            draft = path.with_name("draft.new")
            draft.write_bytes(octets)
            draft.replace(path)

    def is_sent(self, day: str, mail: str) -> bool:
        """See `ReportFiles.is_sent`."""
        return mail in self._lines(day)

    def note_sent(self, day: str, mail: str) -> None:
        """See `ReportFiles.note_sent`."""
        with disk_errors("reports"), (self._made(day) / _SENT).open("a", encoding="utf-8") as file:
            file.write(f"{mail}\n")

    def sent(self, day: str) -> int:
        """See `ReportFiles.sent`."""
        return len(self._lines(day))

    def is_complete(self, day: str) -> bool:
        """See `ReportFiles.is_complete`."""
        return (self._day(day) / _COMPLETE).exists()

    def complete(self, day: str) -> None:
        """See `ReportFiles.complete`."""
        with disk_errors("reports"):
            (self._made(day) / _COMPLETE).touch()

    def purge(self, before: str) -> None:
        """See `ReportFiles.purge`."""
        with disk_errors("reports"):
            days = [path for path in self._folder.glob("*") if _DAY.fullmatch(path.name)]
            for path in days:
                if path.name < before:
                    shutil.rmtree(path)

    def _lines(self, day: str) -> frozenset[str]:
        with disk_errors("reports"):
            try:
                return frozenset((self._day(day) / _SENT).read_text("utf-8").splitlines())
            except FileNotFoundError:
                return frozenset()

    def _day(self, day: str) -> Path:
        if not _DAY.fullmatch(day):
            raise ValueError(f"{day!r} is no day")
        return self._folder / day

    def _made(self, day: str) -> Path:
        folder = self._day(day)
        with disk_errors("reports"):
            make_folder(folder)
        return folder
