"""Where complaints about clients' domains are dealt with."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.complaint import Complaint


class Complaints(Protocol):
    """Told by the agent."""

    def add(self, complaint: Complaint) -> bool:
        """Say what came; False for one that is known, and where it concerns no client. Raises `Unavailable`."""
        ...
