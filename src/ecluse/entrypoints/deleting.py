"""Takes held copies out of the quarantine for good."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.event import Ending
from ecluse.domain.queue import Fate, Progress, QueuedMessage
from ecluse.entrypoints.orders import event
from ecluse.entrypoints.releasing import concerned, take_back
from ecluse.entrypoints.sender_notices import tell_not_approved
from ecluse.mta.delivery.notices import Notices


@dataclass(frozen=True, slots=True)
class Deleting:
    """What a deletion needs."""

    held: FolderSpool
    spool: FolderSpool | None  # None where nothing was ever queued.
    journal: FolderJournal
    notices: Notices | None  # None where nothing outbound is held.

    async def delete(
        self, message: QueuedMessage, keys: tuple[str, ...], operator: str, reason: str = "", content_key: bytes = b""
    ) -> None:
        """Delete the copies of these recipients, or everybody's; the journal knows it before they go.

        Of outbound mail the sender hears the reason; killed before the end, and ordered again, he may hear it twice.

        The caller holds the held message's lock. Raises `Impossible`, `Unavailable`; then they stay held.
        """
        mine = replace(message, recipients=concerned(message, keys))
        now, text = time.time(), f"deleted by {operator}"
        if self.spool is not None:
            await take_back(self.spool, (mine,))
        if self.notices is not None:
            await tell_not_approved(self.notices, self.held, mine, reason, content_key)
        self.journal.append(event(mine, Ending.DELETED, now, text))
        await self.journal.sync()
        fates = {one.address.key: (Fate.DELETED, text) for one in mine.waiting}
        await self.held.record(message.id, Progress(at=now, fates=fates, by=operator))
