"""The port `ReportInbox`: one file for each mail, a line of JSON before its octets."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import msgspec

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.domain.content import Content, MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReportMail

MAX_OCTETS = 26_214_400  # The largest report that is read, in base64, and some text around it.
MAX_WAITING = 1_000
MAX_ALL_OCTETS = 536_870_912  # Of all that wait: the disk is for mail.
_WAITING, _TAKEN, _DRAFT = ".mail", ".taken", ".new"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class FolderReportInbox:
    """See `ecluse.ports.report_inbox.ReportInbox`. Not synced: the mail itself is safe elsewhere."""

    def __init__(self, folder: Path) -> None:
        """Make the folder. Raises `Unavailable`."""
        with disk_errors("report inbox"):
            make_folder(folder)
        self._folder = folder

    def keep(self, mail: ReportMail, content: Content) -> bool:
        """See `ReportInbox.keep`."""
        if not _ID.fullmatch(mail.id) or content.size > MAX_OCTETS or not self._has_room(content.size):
            return False
        draft = self._folder / f"{mail.id}{_DRAFT}"
        with disk_errors("report inbox"):
            try:
                with draft.open("wb") as file:
                    file.write(msgspec.json.encode(mail) + b"\n")
                    file.writelines(content.chunks())
                draft.replace(self._path(mail.id))
            except OSError:
                draft.unlink(missing_ok=True)
                raise
        return True

    def waiting(self) -> tuple[str, ...]:
        """See `ReportInbox.waiting`: ids begin with their time."""
        with disk_errors("report inbox"):
            return tuple(sorted(path.stem for path in self._folder.glob(f"*{_WAITING}")))

    def take(self, mail_id: str) -> tuple[ReportMail, Content] | None:
        """See `ReportInbox.take`."""
        taken = self._path(mail_id, _TAKEN)
        try:
            with disk_errors("report inbox"):
                self._path(mail_id).rename(taken)
                head, _, octets = taken.read_bytes().partition(b"\n")
                return msgspec.json.decode(head, type=ReportMail), MemoryContent(octets)
        except msgspec.MsgspecError as problem:
            taken.unlink(missing_ok=True)
            raise Unavailable(f"report inbox: {mail_id} is damaged") from problem

    def put_back(self, mail_id: str) -> None:
        """See `ReportInbox.put_back`."""
        with disk_errors("report inbox"), suppress(FileNotFoundError):
            self._path(mail_id, _TAKEN).rename(self._path(mail_id))

    def remove(self, mail_id: str) -> None:
        """See `ReportInbox.remove`."""
        with disk_errors("report inbox"):
            self._path(mail_id, _TAKEN).unlink(missing_ok=True)

    def clear_taken(self) -> int:
        """At start: what was taken when its reader died is not read again; how many."""
        with disk_errors("report inbox"):
            left = [*self._folder.glob(f"*{_TAKEN}"), *self._folder.glob(f"*{_DRAFT}")]
            for path in left:
                path.unlink(missing_ok=True)
        return len([path for path in left if path.suffix == _TAKEN])

    def _has_room(self, octets: int) -> bool:
        """What the reader takes meanwhile is gone, and in nobody's way."""
        with disk_errors("report inbox"), os.scandir(self._folder) as found:
            sizes = [_size(each) for each in found if each.name.endswith(_WAITING)]
        return len(sizes) < MAX_WAITING and sum(sizes) + octets <= MAX_ALL_OCTETS

    def _path(self, mail_id: str, suffix: str = _WAITING) -> Path:
        return self._folder / f"{mail_id}{suffix}"


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0
