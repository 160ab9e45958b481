"""Telling senders what became of their messages, outside the processes that deliver."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.unix.doorbell import UnixDoorbell
from ecluse.domain.content import MemoryContent
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.delivery_shares import owner_of
from ecluse.entrypoints.outward import has_smart_host
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.releasing import opened_content
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.notices import Notices
from ecluse.wire.reports import dsn


@contextmanager
def notices_of(settings: Settings, spool: FolderSpool) -> Iterator[Notices]:
    """Notifications that go into this spool."""
    paths = DataPaths(settings.data_dir)
    bell = UnixDoorbell(paths.run, lambda name: owner_of(name, settings.delivery_processes))
    try:
        yield Notices(settings.hostname, spool, bell, LmdbPolicies(paths.policy), has_smart_host(settings))
    finally:
        bell.close()


async def tell_not_approved(
    notices: Notices, held: FolderSpool, message: QueuedMessage, reason: str, content_key: bytes = b""
) -> None:
    """Its sender was told that it waits, so he is told that it ends. Raises `Unavailable`, `Impossible`.

    Nobody was inbound, nor who wrote what a client forwards.

    Where the copy is sealed and no key is given, he knows it by its recipients and its date alone.
    """
    if message.direction is Direction.INBOUND or message.rewrites_in:
        return
    reply = f"550 5.7.1 Not approved: {reason}" if reason else "550 5.7.1 Not approved"
    refused = tuple(replace(one, reply=reply) for one in message.waiting)
    is_readable = content_key or not message.seal
    content = await opened_content(held, message, content_key) if is_readable else MemoryContent(b"")
    await notices.send(dsn.Action.FAILED, replace(message, ret="HDRS"), refused, content, time.time())
