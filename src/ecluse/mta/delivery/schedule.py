"""When a spooled message is tried again, and when it ends."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of the queue, all in seconds."""

    first_retry_s: float = 60.0  # After the first attempt; each later delay is `factor` times the one before.
    factor: float = 2.0
    max_retry_s: float = 3_600.0
    jitter: float = 0.2  # Each delay is lengthened by up to this share, so that a burst spreads out.
    max_age_s: float = 5 * DAY_S  # RFC 5321 section 4.5.4.1; requirements: 5 days per message.
    delay_notice_after_s: float = 4 * 3_600.0  # 0 = no delay notices.
    probe_s: float = 30.0  # How often a destination that is out of reach is asked.
    concurrency: int = 10  # Attempts at once to one destination.
    random: Callable[[], float] = random.random

    def next_attempt(self, attempts: int, now: float) -> float:
        """When a message is due again after so many attempts."""
        doublings = min(max(attempts, 1) - 1, 64)  # Beyond that the longest delay is reached for certain.
        delay = min(self.first_retry_s * self.factor**doublings, self.max_retry_s)
        return now + delay * (1 + self.jitter * self.random())

    def is_too_old(self, message: QueuedMessage, now: float) -> bool:
        """Outbound, five days in the queue; inbound, five days of 4xx, since silence counts by the outage (11-2)."""
        since = message.queued_at if message.direction is Direction.OUTBOUND else message.answered_since
        return bool(since) and now - since >= self.max_age_s

    def late_at(self, message: QueuedMessage) -> float:
        """When its sender is to be told; infinity where he is not."""
        late = message.queued_at + self.delay_notice_after_s
        return late if self.wants_delay_notice(message, late) else float("inf")

    def wants_delay_notice(self, message: QueuedMessage, now: float) -> bool:
        """Whether the authenticated sender is to be told that his message is late."""
        if not self.delay_notice_after_s or message.has_delay_notice or not message.is_sender_authenticated:
            return False
        return message.sender is not None and now - message.queued_at >= self.delay_notice_after_s
