"""The purge clocks of a node: what is too old goes, and each run leaves what it found (11-2, 15-4, 15-8)."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import replace
from typing import ClassVar

import msgspec
import pytest
from structlog.testing import capture_logs

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.purge_ledger import PurgeLedger
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.policies import publish
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.privacy.clocks import BY_NODES
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import Ending
from ecluse.domain.log_search import LogSearch
from ecluse.domain.outage import Outage
from ecluse.domain.policy import Policy
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.purge import CLOCKS, LIMITS_S, Clock, Purged, PurgeRun
from ecluse.entrypoints import agent_process, log_jobs
from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.purge_jobs import look_at_outages, purge_held, purge_journal, purge_waiting, shorten_journal
from ecluse.entrypoints.releasing import RELEASED_VERDICT
from ecluse.entrypoints.sender_notices import notices_of
from ecluse.entrypoints.settings_tables import Control, Settings
from ecluse.wire.notations import DomainName
from tests.contract.message_log.contract import outcome
from tests.unit.entrypoints.cli.conftest import BODY, HELD, QUEUED

DAY_S = 86_400.0
NOW = time.time()


@pytest.fixture
def settings(tmp_path):
    yield Settings(hostname=DomainName("gateway.test"), data_dir=tmp_path)
    close_all()


@pytest.fixture
def paths(settings):
    return DataPaths(settings.data_dir)


@pytest.fixture
def spool(paths):
    made = FolderSpool(paths.spool, reserve_bytes=0)
    yield made
    made.close()


def keep(spool, **more):
    message = replace(QUEUED, **more)
    asyncio.run(spool.keep(message, MemoryContent(BODY)))
    return message


def aged(days):
    return {"received_at": NOW - days * DAY_S}


def test_every_store_has_a_clock_and_every_clock_a_limit():
    assert set(CLOCKS) == set(Purged)
    assert set(LIMITS_S) == set(Clock) == set(CLOCKS.values())


def test_held_mail_ends_at_thirty_days_to_the_second_and_the_oldest_that_remains_is_told(settings, paths, spool):
    held = FolderSpool(paths.held, reserve_bytes=0)
    ages = {"old": 30.01, "nearly": 29.99, "new": 1.0}
    for name, days in ages.items():
        message = replace(HELD, id=name, **aged(days))
        asyncio.run(held.keep(message, MemoryContent(BODY)))
    with notices_of(settings, spool) as notices:
        run = asyncio.run(purge_held(held, spool, notices, NOW))
    assert run == PurgeRun(Purged.HELD_MAIL, NOW, NOW - 29.99 * DAY_S, 1)
    assert {message.id for message in held.messages()} == {"nearly", "new"}
    held.close()


def test_what_somebody_lets_go_at_this_moment_is_his(settings, paths, spool):
    """Else its release would find neither the held copy nor the one that it has put into the queue: nobody would get it."""
    held = FolderSpool(paths.held, reserve_bytes=0)
    message = replace(HELD, **aged(31))
    asyncio.run(held.keep(message, MemoryContent(BODY)))
    with notices_of(settings, spool) as notices:
        with held.lock(message.id):
            run = asyncio.run(purge_held(held, spool, notices, NOW))
        assert run == PurgeRun(Purged.HELD_MAIL, NOW, message.received_at, 0)
        assert held.read(message.id) is not None
        assert asyncio.run(purge_held(held, spool, notices, NOW)).removed == 1
    assert held.read(message.id) is None
    held.close()


def test_what_a_release_has_not_let_go_yet_is_not_ended_under_it(settings, spool):
    message = keep(spool, is_held=True, verdict=RELEASED_VERDICT, next_attempt=0.0, **aged(31))
    run = asyncio.run(purge_waiting(settings, spool, NOW))
    assert run == PurgeRun(Purged.WAITING_MAIL, NOW, message.received_at, 0)


class Watched(FolderSpool):
    """Knows who has read all of it."""

    readers: ClassVar[list[threading.Thread]] = []

    def messages(self, is_wanted=None):
        self.readers.append(threading.current_thread())
        return super().messages(is_wanted)


async def test_a_large_queue_is_read_beside_the_loop_that_serves_others(settings, paths):
    held, spool = Watched(paths.held, reserve_bytes=0), Watched(paths.spool, reserve_bytes=0)
    with notices_of(settings, spool) as notices:
        await purge_held(held, spool, notices, NOW)
    await purge_waiting(settings, spool, NOW)
    held.close()
    spool.close()
    assert len(Watched.readers) == 2
    assert threading.current_thread() not in Watched.readers


def test_what_somebody_has_put_on_hold_ends_at_thirty_days_too(settings, paths, spool):
    """15-4: whatever else. Its end stands in the journal."""
    keep(spool, id="019a0000000070008000000000000001", is_held=True, **aged(30.01))
    keep(spool, id="019a0000000070008000000000000002", is_held=True, **aged(29))
    run = asyncio.run(purge_waiting(settings, spool, NOW))
    assert run == PurgeRun(Purged.WAITING_MAIL, NOW, NOW - 29 * DAY_S, 1)
    assert [message.id[-1] for message in spool.messages()] == ["2"]
    events = list(read_events(paths.journal))
    assert {one.fate for event in events for one in event.recipients} == {Ending.EXPIRED}


def test_one_that_somebody_works_on_is_told_as_the_oldest_and_goes_the_next_time(settings, spool):
    message = keep(spool, is_held=True, **aged(31))
    with spool.lock(message.id):
        run = asyncio.run(purge_waiting(settings, spool, NOW))
    assert run == PurgeRun(Purged.WAITING_MAIL, NOW, message.received_at, 0)
    assert asyncio.run(purge_waiting(settings, spool, NOW)).removed == 1


def test_an_outage_counts_while_mail_waits_for_its_server(spool):
    keep(spool, id="m1", destination="a.example")
    keep(spool, id="m2", destination="held.example", is_held=True)
    outages = [Outage("a.example", NOW - 100), Outage("b.example", NOW - 900), Outage("held.example", NOW - 500)]
    assert look_at_outages(spool, outages, 3, NOW) == PurgeRun(Purged.OUTAGE_MAIL, NOW, NOW - 100, 3)
    assert look_at_outages(spool, [], 0, NOW) == PurgeRun(Purged.OUTAGE_MAIL, NOW, 0.0, 0)


def test_old_files_of_the_journal_go(paths):
    journal = FolderJournal(paths.journal, "old", segment_bytes=100_000)
    journal.append(outcome(NOW))
    journal.close()
    [file] = paths.journal.iterdir()
    os.utime(file, (NOW - 366 * DAY_S,) * 2)
    later = FolderJournal(paths.journal, "new", segment_bytes=100_000)
    later.append(outcome(NOW))
    later.close()
    run = purge_journal(paths.journal, NOW - 365 * DAY_S, NOW)
    assert (run.removed, run.oldest > NOW - DAY_S) == (1, True)
    assert purge_journal(paths.root / "none", NOW, NOW).oldest == 0.0


def test_a_clients_own_days_hold_for_the_journal_too_and_are_told(paths):
    journal = FolderJournal(paths.journal, "old", segment_bytes=100_000)
    for name in ("One", "Two"):
        journal.append(outcome(NOW - 80 * DAY_S, client=name))
    journal.close()
    [file] = paths.journal.iterdir()
    os.utime(file, (NOW - 80 * DAY_S,) * 2)
    with capture_logs() as logged:
        assert shorten_journal(paths, {"One": 81}, NOW) == 0
        assert shorten_journal(paths, {"One": 79}, NOW) == 1
    assert [(each["event"], each["client"]) for each in logged] == [("journal shortened", "One")]
    assert [each.client for each in read_events(paths.journal)] == ["Two"]


def test_the_message_logs_run_says_how_many_went_and_what_is_the_oldest(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    kept = outcome(NOW - 364 * DAY_S)
    log.append([outcome(NOW - 366 * DAY_S), outcome(NOW - 700 * DAY_S), kept])
    run = log_jobs._purged(log, NOW, dict)
    assert (run.purged, run.removed) == (Purged.MESSAGE_LOG, 2)
    assert abs(run.oldest - kept.at) < 1
    log.close()


def test_the_same_run_takes_what_is_older_than_a_clients_own_days(tmp_path, monkeypatch):
    monkeypatch.setattr(log_jobs, "FORGOTTEN_AT_ONCE", 2)
    log = SqliteMessageLog(tmp_path / "log")
    log.append([outcome(NOW - (69 + number) * DAY_S, client=name) for number in range(6) for name in ("One", "Two")])
    run = log_jobs._purged(log, NOW, lambda: {"One": 70, "Nobody": 100})
    assert run.removed == 4  # Of exactly 70 days it stays.
    assert [len(log.search(LogSearch(client=name), 10).rows) for name in ("One", "Two")] == [2, 6]
    log.close()


async def test_the_agent_runs_every_clock_at_its_start_and_tells_it_with_its_report(settings, paths, monkeypatch):
    metrics = paths.root / "metrics"
    metrics.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(metrics))
    tidying = asyncio.create_task(agent_process._Agent(settings)._tidy())
    state = NodeState(settings, paths)
    async with asyncio.timeout(60):
        while len(state.report(0.0).purges) < 4:
            assert not tidying.done() or tidying.result()
            await asyncio.sleep(0.01)
    tidying.cancel()
    told = {run.purged for run in state.report(0.0).purges}
    assert told == set(BY_NODES) - {Purged.MESSAGE_LOG}  # That one has a job of its own, where there is a log.


async def test_the_agent_reads_a_clients_days_from_its_policy_for_log_and_journal(settings, paths, monkeypatch):
    (paths.root / "metrics").mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(paths.root / "metrics"))
    settings = msgspec.structs.replace(settings, control=Control(database="sqlite:///not-asked.sqlite"))
    publish(paths.policy, PublishedPolicy((Policy("One", "one.example", log_days=70),), (), ()))
    events = [outcome(NOW - days * DAY_S, client=name) for days in (69, 71) for name in ("One", "Two")]
    log, journal = SqliteMessageLog(paths.message_log), FolderJournal(paths.journal, "old", segment_bytes=100_000)
    log.append(events)
    for each in events:
        journal.append(each)
    journal.close()
    [file] = paths.journal.iterdir()
    os.utime(file, (NOW - 71 * DAY_S,) * 2)
    jobs = [asyncio.create_task(job) for job in (agent_process._Agent(settings)._tidy(), log_jobs.purge_log(settings))]
    runs = {}
    async with asyncio.timeout(60):
        while not {Purged.JOURNAL, Purged.MESSAGE_LOG} <= runs.keys():
            await asyncio.sleep(0.01)
            runs = {run.purged: run.removed for run in PurgeLedger(paths.purges).newest()}
    for job in jobs:
        job.cancel()
    assert (runs[Purged.JOURNAL], runs[Purged.MESSAGE_LOG]) == (2, 1)
    assert {row.id for row in log.search(LogSearch(), 10).rows} == {events[0].id, events[1].id, events[3].id}
    assert [each.client for each in read_events(paths.journal)] == ["Two", "Two"]
    log.close()


def test_the_ledger_has_the_newest_run_of_each_store_through_restarts(tmp_path):
    path = tmp_path / "state" / "purges"
    for run in (
        PurgeRun(Purged.JOURNAL, 1.0, 0.0, 1),
        PurgeRun(Purged.HELD_MAIL, 2.0, 0.0, 0),
        PurgeRun(Purged.JOURNAL, 3.0, 0.0, 2),
    ):
        PurgeLedger(path).note(run)
    assert {run.purged: run.at for run in PurgeLedger(path).newest()} == {Purged.HELD_MAIL: 2.0, Purged.JOURNAL: 3.0}
    path.write_bytes(b"torn")
    assert PurgeLedger(path).newest() == ()
