"""What the agent does about reports."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from datetime import datetime

import pytest

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.report_files import FolderReportFiles
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import DmarcEvent, Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.received_report import ReportMail
from ecluse.entrypoints import report_jobs
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings import load_settings
from ecluse.wire.reports.aggregate import Report, write
from tests.unit.wire.reports.samples import ORGANISATION, PERIOD, POLICY, ROW, mail_with

GOOD = mail_with(write(Report(ORGANISATION, "r1", PERIOD, POLICY, (ROW,))), "application/xml")
DAY_S = report_jobs.DAY_S


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(report_jobs, "LOOK_EVERY_S", 0.01)
    with socket.socket(type=socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        file = tmp_path / "ecluse.toml"
        text = f'hostname = "gateway.test"\ndata_dir = "data"\n[dns]\nnameservers = ["127.0.0.1:{port}"]\n'
        file.write_text(text, "utf-8")
        yield load_settings(file)


async def run(job, settings, is_so, within_s=20.0):
    working = asyncio.create_task(job(settings))
    async with asyncio.timeout(within_s):
        while not is_so():
            assert not working.done(), working.exception()
            await asyncio.sleep(0.01)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


def kept(paths):
    reports = SqliteReports(paths.received_reports)
    try:
        return [one.report_id for one in reports.find()]
    finally:
        reports.close()


async def test_mail_with_reports_is_read_and_what_killed_the_agent_is_not_read_again(settings):
    paths = DataPaths(settings.data_dir)
    inbox = FolderReportInbox(paths.report_inbox)
    inbox.keep(ReportMail("0190-bad", "One", time.time()), MemoryContent(GOOD))
    inbox.take("0190-bad")
    inbox.keep(ReportMail("0190-good", "One", time.time()), MemoryContent(GOOD))
    await run(report_jobs.read_others, settings, lambda: not list(paths.report_inbox.iterdir()))
    assert kept(paths) == ["r1"]


async def test_reports_are_purged_by_age(settings):
    paths = DataPaths(settings.data_dir)
    inbox = FolderReportInbox(paths.report_inbox)
    old = time.time() - 366 * DAY_S
    inbox.keep(ReportMail("0190-old", "One", old), MemoryContent(GOOD))
    await run(report_jobs.read_others, settings, lambda: not list(paths.report_inbox.iterdir()))
    assert kept(paths) == ["r1"]
    await run(report_jobs.purge_others, settings, lambda: kept(paths) == [])


async def test_yesterday_is_written_once(settings, monkeypatch):
    paths = DataPaths(settings.data_dir)
    yesterday = report_jobs._day(time.time() - report_jobs.WRITE_AFTER_S - DAY_S)
    noon = datetime.fromisoformat(f"{yesterday}T12:00:00+00:00").timestamp()
    journal = FolderJournal(paths.journal, "reception-0", segment_bytes=1 << 20)
    bob = RecipientEvent("bob@one.example", Ending.RELAYED)
    seen = DmarcEvent("bank.example", "bank.example", "p=none", "none")
    event = MessageEvent(
        "0190",
        Stage.OUTCOME,
        noon,
        "inbound",
        recipients=(bob,),
        route="smtp://mx.one.example:25",
        route_tls="ok",
        dmarc=seen,
    )
    journal.append(event)
    journal.close()
    # A file tells by its name when it was begun: yesterday, as the record in it.
    [path] = paths.journal.glob("*.journal")
    path.rename(path.with_name(f"reception-0-{yesterday.replace('-', '')}T000000.000000Z.journal"))
    files = FolderReportFiles(paths.written_reports)
    monkeypatch.setattr(report_jobs, "LOOK_FOR_A_DAY_EVERY_S", 0.01)
    days = []
    write_reports = report_jobs.write_reports

    async def counted(settings, day):
        days.append(day)
        return await write_reports(settings, day)

    monkeypatch.setattr(report_jobs, "write_reports", counted)
    await run(report_jobs.write_own, settings, lambda: files.is_complete(yesterday), within_s=30)
    await run(report_jobs.write_own, settings, lambda: True)
    assert days == [yesterday]
    # The DNS says nothing, so nobody asked for the DMARC report; our sessions are told as data.
    [path] = (paths.written_reports / yesterday).glob("*.gz")
    assert path.name.startswith("gateway.test!one.example!")


async def test_nothing_is_written_where_that_is_switched_off(settings, tmp_path, monkeypatch):
    file = tmp_path / "ecluse.toml"
    file.write_text(file.read_text("utf-8") + "[reports]\nwrite = false\n", "utf-8")
    monkeypatch.setattr(report_jobs, "LOOK_FOR_A_DAY_EVERY_S", 0.01)
    working = asyncio.create_task(report_jobs.write_own(load_settings(file)))
    await asyncio.sleep(0.1)
    assert not working.done()
    working.cancel()
    assert not DataPaths(settings.data_dir).written_reports.exists()
