"""The node's own record of what happened to each message (design 3, requirements 15-8)."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.event import MessageEvent


class Journal(Protocol):
    """Appends are cheap and not yet durable; `sync` makes all appended so far durable, many callers at once."""

    def append(self, event: MessageEvent) -> None:
        """Write one record. Raises `NoRoom` when there is no space left for it."""
        ...

    async def sync(self) -> None:
        """Return once everything appended before the call would survive a power cut. Raises `Unavailable`."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether the next record is sure to find space; if not, MAIL is answered 452."""
        ...
