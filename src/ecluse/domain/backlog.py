"""What waits on one node for one destination of one client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """One spooled message as the control plane sees it, without its content."""

    id: str  # As the queue knows it.
    sender: str  # "" for none.
    recipients: tuple[str, ...]  # Of those who are still to be served, the first few.
    size: int
    queued_at: float  # UTC, seconds since the epoch, as all times here.
    next_attempt: float
    attempts: int
    is_held: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counted over all of its messages; only the oldest are named."""

    client: str
    destination: str
    count: int
    held: int  # So many of them wait for a person's word.
    octets: int
    oldest: float
    next_attempt: float  # The earliest; 0 where all are held.
    reason: str  # Why the oldest waits.
    outage_since: float  # 0 = the destination is in reach.
    messages: tuple[WaitingMessage, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What names it on its node."""
        return self.client, self.destination
