"""The agent's work on hash lists: a changed list is live within seconds."""

from __future__ import annotations

import asyncio

import structlog

from ecluse.adapters.hashes.lists import Stamp, make_table, stamp_of
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings

log = structlog.get_logger()

LOOK_EVERY_S = 2.0


async def follow_hash_lists(settings: Settings) -> None:
    """Make the table anew whenever a list changes, for ever; what is wrong with a list is told once for each change."""
    folder, table = settings.scanners.hash_lists, DataPaths(settings.data_dir).hashes
    assert folder is not None  # noqa: S101 - for the type checker: there is no such work without one
    seen: Stamp | None = None
    while True:
        try:
            stamp = await asyncio.to_thread(stamp_of, folder)
            if stamp != seen:
                count, faults = await asyncio.to_thread(make_table, folder, table)
                seen = stamp
                for fault in faults:
                    log.error("hash list has faults", path=str(fault.path), line=fault.line, problem=fault.reason)
                log.info("hash lists read", digests=count)
        except OSError as problem:
            log.error("hash lists not read", problem=str(problem))
        await asyncio.sleep(LOOK_EVERY_S)
