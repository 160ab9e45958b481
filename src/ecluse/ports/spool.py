"""The durable store of messages that we have answered for and not yet delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from ecluse.domain.content import Content
from ecluse.domain.queue import Progress, QueuedMessage


class Spool(Protocol):
    """Keeps messages through a crash of us, of the machine, and through a roll-back to the previous release."""

    @property
    def has_room(self) -> bool:
        """Whether the disk has more left than the reserve; if not, MAIL is answered 452."""
        ...

    async def keep(self, message: QueuedMessage, content: Content) -> None:
        """Return only once the message's file and its folder would survive a power cut.

        Raises `NoRoom` when the disk is full, `Unavailable` when it cannot be written or the id is here already; then
        nothing is kept.
        """
        ...

    async def keep_parts(self, messages: tuple[QueuedMessage, ...], content: Content) -> None:
        """As `keep` for messages with one content, which is on the disk once; either all are kept or, up to a crash, none."""
        ...

    def read(self, message_id: str) -> QueuedMessage | None:
        """The message as it stands now, or None when it is not (or no longer) here.

        Raises `Unavailable` when that cannot be found out now.
        """
        ...

    def content(self, message_id: str) -> Content:
        """The exact octets that were kept, all read once to be sure of them.

        Raises `Impossible` when the message is not here or its file is damaged, `Unavailable` when it cannot be read now.
        """
        ...

    async def record(self, message_id: str, progress: Progress) -> QueuedMessage:
        """Append one step durably and return the message after it; a message with nobody waiting is removed.

        Raises `Impossible` when the message is not here.
        """
        ...

    async def remove(self, message_id: str) -> None:
        """Take a message out durably, whoever still waits; harmless when it is not here."""
        ...

    def lock(self, message_id: str) -> AbstractContextManager[None]:
        """Held during a delivery attempt or a person's order, over all processes of the node; never waits.

        Raises `InUse` when another holds it, `Unavailable` when it cannot be had now, `Impossible` when the message is not here.
        """
        ...

    def ids(self, is_wanted: Callable[[int], bool] | None = None) -> Iterator[str]:
        """What `messages` would walk over, by the names alone: no file is opened. Raises `Unavailable`."""
        ...

    def messages(self, is_wanted: Callable[[int], bool] | None = None) -> Iterator[QueuedMessage]:
        """All messages, in no order; with `is_wanted`, those in the buckets (0 to 255) it says yes to.

        A destination's messages lie in one bucket. A damaged file is moved aside, named in the log, and never ends the
        walk. Raises `Unavailable` when the folders cannot be read now.
        """
        ...
