"""The reports of others about our clients' domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.received_report import ReceivedReport


class ReceivedReports(Protocol):
    """Kept until they are purged by age. Each function raises `Unavailable` when the store fails."""

    def add(self, report: ReceivedReport) -> bool:
        """Keep it; False for one that is known: reporters send again what they are not sure of."""
        ...

    def find(self, *, domain: str = "", since: float = 0.0, mail_id: str = "") -> Iterator[ReceivedReport]:
        """Reports about the domain and those below it, received since then, of the mails whose id begins so; by time."""
        ...

    def purge(self, before: float) -> int:
        """Delete those received before; how many."""
        ...
