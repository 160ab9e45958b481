"""What the agent does about mail to the provider's support: the console has it within seconds."""

from __future__ import annotations

import asyncio

import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.support_desk import ControlSupportDesk
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.domain.errors import EcluseError
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.reports import support_reading

log = structlog.get_logger()

LOOK_EVERY_S = 5.0


async def carry_up(settings: Settings) -> None:
    """For a node with a control database. What was kept before `[support] address` was taken away still goes up."""
    inbox = FolderReportInbox(DataPaths(settings.data_dir).support_inbox)
    desk = ControlSupportDesk(Database(settings.control.database or ""))
    if left := inbox.clear_taken():
        log.error("reading support mail ended the agent", mails=left)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            if inbox.waiting() and (new := await asyncio.to_thread(support_reading.carry_up, inbox, desk)):
                log.info("support mail carried up", new=new)
        except EcluseError as problem:
            log.error("support mail waits", problem=str(problem))
