"""Where mail with reports waits, once it was answered, until its reports are read in another process."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.content import Content
from ecluse.domain.received_report import ReportMail


class ReportInbox(Protocol):
    """Copies: the mail itself went its usual way. Each function raises `Unavailable` when the disk fails."""

    def keep(self, mail: ReportMail, content: Content) -> bool:
        """Keep a copy; False where it is too large, or too many wait."""
        ...

    def waiting(self) -> tuple[str, ...]:
        """The ids of the mails that wait, the oldest first."""
        ...

    def take(self, mail_id: str) -> tuple[ReportMail, Content] | None:
        """Read it, and never again: whatever reading its reports does to us, it does it once. None when it is gone."""
        ...

    def put_back(self, mail_id: str) -> None:
        """Let one that was taken wait again."""
        ...

    def remove(self, mail_id: str) -> None:
        """Forget one that was taken."""
        ...
