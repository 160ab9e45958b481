"""What waits and takes another way from now on; the command line and the control plane share it."""

from __future__ import annotations

import asyncio

from ecluse.adapters.folder.spool import FolderSpool, bucket_of
from ecluse.domain.detour import Detour, keys_for
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.orders import Result, carry_out
from ecluse.entrypoints.queue_steps import recording, retrying


async def retry_all(spool: FolderSpool, detour: Detour, by: str, most: int | None = None) -> list[Result]:
    """Make all that waits for it due at once, or the oldest `most`; those that are so. What is held stays held."""
    ids = await asyncio.to_thread(_waiting, spool, detour)
    results = await carry_out(spool, ids[:most], recording(spool, retrying, by, lambda *_: "due now"))
    return [each for each in results if each.is_done]


def _waiting(spool: FolderSpool, detour: Detour) -> list[str]:
    """The oldest first."""
    bucket = bucket_of(detour.destination)
    found = spool.messages((lambda one: one == bucket) if detour.destination else None)
    return sorted(message.id for message in found if _takes(message, detour))


def _takes(message: QueuedMessage, detour: Detour) -> bool:
    is_outbound = message.direction is Direction.OUTBOUND and not message.is_held
    return is_outbound and detour.key in keys_for(message.client, message.destination)
