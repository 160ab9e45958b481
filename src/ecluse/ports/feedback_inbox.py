"""Where feedback waits until the one process that writes models takes it in."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.said import Said


class FeedbackInbox(Protocol):
    """Written by whoever hears feedback, read by the agent. Each function raises `Unavailable` when the disk fails."""

    def keep(self, said: Said) -> bool:
        """Let it wait; False where too many wait."""
        ...

    def waiting(self) -> tuple[str, ...]:
        """Names of what waits, the oldest first."""
        ...

    def read(self, name: str) -> Said | None:
        """What was said; None when it is gone, or damaged."""
        ...

    def remove(self, name: str) -> None:
        """Forget one that was taken in."""
        ...
