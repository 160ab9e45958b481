"""What the agent does about bounces: what servers say of messages that they had taken is in the log within seconds."""

from __future__ import annotations

import asyncio

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_unknown import ControlToldUnknown
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.domain.errors import EcluseError
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.quotas import open_quotas
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.reports.bounce_reading import Bounced, read_bounces
from ecluse.mta.sent_counts import UnknownCounts

log = structlog.get_logger()

LOOK_EVERY_S = 5.0


async def read(settings: Settings) -> None:
    """For a node with a control database."""
    inbox = FolderReportInbox(DataPaths(settings.data_dir).bounce_inbox)
    database = settings.control.database or ""
    message_log, unknown = open_log(database, settings.data_dir), ControlToldUnknown(Database(database))
    quotas, shared = open_quotas(settings)
    counts = UnknownCounts(shared or quotas)
    if left := inbox.clear_taken():
        log.error("reading a bounce ended the agent", mails=left)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            found = await asyncio.to_thread(read_bounces, inbox, message_log, unknown) if inbox.waiting() else ()
        except EcluseError as problem:
            log.error("bounces cannot be read", problem=str(problem))
            continue
        if found:
            await _count(found, counts)
            log.info("bounces read", recipients=len(found))


async def _count(found: tuple[Bounced, ...], counts: UnknownCounts) -> None:
    """Those who are not there, of whoever wrote to them (3-12)."""
    for each in found:
        if each.account is not None and each.is_unknown:
            await counts.note(each.account, [one.address for one in each.event.recipients], each.sent_at)
