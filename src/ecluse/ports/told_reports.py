"""Where clients see what others report about their domains."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.received_report import ReceivedReport


class ToldReports(Protocol):
    """Told by the agent."""

    def tell(self, report: ReceivedReport) -> bool:
        """Say what came; False for one that is known, one too many, or about nobody's domain. Raises `Unavailable`."""
        ...
