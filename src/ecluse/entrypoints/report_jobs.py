"""What the agent does about reports: read those of others, write our own, purge what is too old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import structlog

from ecluse.adapters.controldb.complaints import ControlComplaints
from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_reports import ControlToldReports
from ecluse.adapters.folder.report_files import FolderReportFiles
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.domain.errors import EcluseError
from ecluse.entrypoints.own_reports import write_reports
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.reports.reading import ControlPlane, read_reports

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
PURGE_EVERY_S = 3_600.0
DAY_S = 86_400.0
WRITE_AFTER_S = 3_600.0
WRITTEN_KEPT_S = 30 * DAY_S
LOOK_FOR_A_DAY_EVERY_S = 600.0


async def read_others(settings: Settings) -> None:
    """Reports that came by mail are in the store within seconds."""
    paths = DataPaths(settings.data_dir)
    inbox = FolderReportInbox(paths.report_inbox)
    database = settings.control.database
    control = None if database is None else _control_plane(database)
    if left := inbox.clear_taken():
        log.error("reading a report ended the agent", mails=left)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            if inbox.waiting():
                await asyncio.to_thread(_read, inbox, paths, control)
        except EcluseError as problem:
            log.error("reports cannot be kept", problem=str(problem))


async def purge_others(settings: Settings) -> None:
    """What others reported is deleted by age (15-8)."""
    paths = DataPaths(settings.data_dir)
    while True:
        try:
            if paths.received_reports.exists():
                await asyncio.to_thread(_purge, paths, time.time() - settings.reports.keep_days * DAY_S)
        except EcluseError as problem:
            log.error("purge put off", problem=str(problem))
        await asyncio.sleep(PURGE_EVERY_S)


async def write_own(settings: Settings) -> None:
    """Yesterday's reports, an hour after the day has ended (UTC): what was answered late is in the journal by then."""
    files = FolderReportFiles(DataPaths(settings.data_dir).written_reports)
    while True:
        now = time.time()
        yesterday = _day(now - WRITE_AFTER_S - DAY_S)
        try:
            if settings.reports.write and not files.is_complete(yesterday):
                written = await write_reports(settings, yesterday)
                log.info("reports written", day=yesterday, reports=len(written), sent=sum(one.sent for one in written))
            files.purge(_day(now - WRITTEN_KEPT_S))
        except EcluseError as problem:
            log.error("reports not written", day=yesterday, problem=str(problem))
        await asyncio.sleep(LOOK_FOR_A_DAY_EVERY_S)


JOBS: tuple[Callable[[Settings], Coroutine[Any, Any, None]], ...] = (read_others, purge_others, write_own)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _control_plane(url: str) -> ControlPlane:
    database = Database(url)
    return ControlPlane(ControlComplaints(database), ControlToldReports(database))


def _read(inbox: FolderReportInbox, paths: DataPaths, control: ControlPlane | None) -> None:
    reports = SqliteReports(paths.received_reports)
    try:
        new = read_reports(inbox, reports, control)
    finally:
        reports.close()
    if new:
        log.info("reports read", new=new)


def _purge(paths: DataPaths, before: float) -> None:
    reports = SqliteReports(paths.received_reports)
    try:
        reports.purge(before)
    finally:
        reports.close()
