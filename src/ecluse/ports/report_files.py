"""Our own reports of each day, as files that people can look at."""

from __future__ import annotations

from typing import Protocol


class ReportFiles(Protocol):
    """`day` is "2026-11-26". Each function raises `Unavailable` when the disk fails."""

    def keep(self, day: str, name: str, octets: bytes) -> None:
        """Write a file, in place of one of that name."""
        ...

    def is_sent(self, day: str, mail: str) -> bool:
        """Whether `note_sent` was called for this mail."""
        ...

    def note_sent(self, day: str, mail: str) -> None:
        """Remember that this mail is on its way: it must not go twice."""
        ...

    def sent(self, day: str) -> int:
        """How many mails went."""
        ...

    def is_complete(self, day: str) -> bool:
        """Whether all of the day's reports were written."""
        ...

    def complete(self, day: str) -> None:
        """Remember that they were."""
        ...

    def purge(self, before: str) -> None:
        """Delete the days before this one."""
        ...
