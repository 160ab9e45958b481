"""The journal goes up to the message log: complete, once, and as soon as the log takes it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
import time_machine
from structlog.testing import capture_logs

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_batches import JournalBatches
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending, RecipientEvent
from ecluse.domain.limit_mark import Limited, LimitMark, LimitScope
from ecluse.domain.log_search import LogSearch
from ecluse.entrypoints import log_jobs
from ecluse.entrypoints.log_jobs import Beside, Shipper
from ecluse.mta.reports.limit_marks import limit_marks
from ecluse.mta.reports.unknown_recipients import unknown_recipients
from tests.contract.message_log.contract import DAY_S, outcome


@pytest.fixture
def journal(tmp_path):
    journal = FolderJournal(tmp_path / "journal", "worker-0", segment_bytes=100_000)
    yield journal
    journal.close()


@pytest.fixture
def message_log(tmp_path):
    message_log = SqliteMessageLog(tmp_path / "log")
    yield message_log
    message_log.close()


@pytest.fixture
def batches(tmp_path):
    return JournalBatches(tmp_path / "journal", tmp_path / "state" / "log-position")


class _Unknown:
    """Keeps what it is told."""

    def __init__(self):
        self.told, self.complaints = [], []

    @property
    def beside(self):
        return Beside(unknown_recipients, self.tell, self.complaints.append)

    def tell(self, recipients):
        self.told += recipients


def test_what_was_journalled_is_found(journal, message_log, batches):
    events = [outcome() for _ in range(3)]
    for event in events:
        journal.append(event)
    assert not Shipper(message_log, batches).look()
    assert len(message_log.search(LogSearch(), 10).rows) == 3


def test_a_full_batch_is_followed_by_the_next_at_once(journal, message_log, batches, monkeypatch):
    monkeypatch.setattr(log_jobs, "EVENTS_AT_ONCE", 2)
    for _ in range(3):
        journal.append(outcome())
    shipper = Shipper(message_log, batches)
    assert [shipper.look(), shipper.look()] == [True, False]
    assert len(message_log.search(LogSearch(), 10).rows) == 3


def test_recipients_whom_their_servers_do_not_know_are_told(journal, message_log, batches):
    unknown = _Unknown()
    for fate, answer in ((Ending.BOUNCED, "550 5.1.1 no such user"), (Ending.DELIVERED, "250 2.0.0 done")):
        journal.append(
            outcome(
                direction="outbound", client="One", recipients=(RecipientEvent("Ann@far.example", fate, reply=answer),)
            )
        )
    Shipper(message_log, batches, unknown.beside).look()
    assert [(each.recipient, each.answer) for each in unknown.told] == [("ann@far.example", "550 5.1.1 no such user")]


class _Deaf(_Unknown):
    """A database without the table, until it is told to be none."""

    is_deaf = True

    def tell(self, recipients):
        if self.is_deaf:
            raise Unavailable("no such table")
        super().tell(recipients)


def test_the_log_does_not_wait_for_a_database_that_knows_nothing_of_unknown_recipients(journal, message_log, batches):
    unknown = _Deaf()
    shipper = Shipper(message_log, batches, unknown.beside)
    for address in ("ann@far.example", "bob@far.example"):
        gone = RecipientEvent(address, Ending.BOUNCED, reply="550 5.1.1 no such user")
        journal.append(outcome(direction="outbound", client="One", recipients=(gone,)))
        shipper.look()
    assert unknown.complaints == ["no such table"]
    assert len(message_log.search(LogSearch(), 10).rows) == 2
    unknown.is_deaf = False
    shipper.look()
    shipper.look()
    assert [each.recipient for each in unknown.told] == ["ann@far.example", "bob@far.example"]


def test_limits_that_are_near_are_told_and_those_of_no_client_are_not(journal, message_log, batches):
    told = []
    marks = [LimitMark(client, LimitScope.CLIENT, "", Limited.MESSAGES, 60, 5, 4, 1.0, 60.0) for client in ("", "One")]
    journal.append(outcome(direction="outbound", client="One", limits=tuple(marks)))
    Shipper(message_log, batches, _Deaf().beside, Beside(limit_marks, told.extend, told.append)).look()
    assert told == marks[1:]


def test_a_journal_that_is_read_anew_brings_nothing_back_that_a_client_has_let_go(journal, message_log, tmp_path):
    """Else its figures, which stay, would count it twice (15-8)."""
    now = time.time()
    for days, client in ((80, "One"), (80, "Two"), (69, "One"), (71, "Three")):
        journal.append(outcome(now - days * DAY_S, client=client))
    for name in ("first", "again"):
        shipper = Shipper(
            message_log, JournalBatches(tmp_path / "journal", tmp_path / name), log_days=lambda: {"One": 70}
        )
        shipper.look()
    assert [row.client for row in message_log.search(LogSearch(), 10).rows] == ["One", "Three", "Two"]


class _Away:
    def append(self, _events):
        raise Unavailable("away")


def test_while_the_log_is_away_the_journal_keeps_it_and_says_so_once(journal, message_log, batches):
    journal.append(outcome())
    shipper = Shipper(_Away(), batches)
    with capture_logs() as logged:
        shipper.look()
        shipper.look()
    assert [one["event"] for one in logged] == ["message log out of reach; the journal keeps what happens"]
    shipper._log = message_log
    with capture_logs() as logged:
        shipper.look()
    assert [one["event"] for one in logged] == ["message log in reach again"]
    assert len(message_log.search(LogSearch(), 10).rows) == 1


def test_a_year_later_it_is_gone(message_log, monkeypatch, tmp_path):
    now = time.time()
    message_log.append([outcome(now - 10 * DAY_S), outcome(now)])
    monkeypatch.setattr(log_jobs, "_log_of", lambda _settings: message_log)
    for days, left in ((350, 2), (360, 1), (370, 0)):
        with time_machine.travel(now + days * DAY_S):
            asyncio.run(_once(log_jobs.purge_log(SimpleNamespace(data_dir=tmp_path))))
        assert len(message_log.search(LogSearch(), 10).rows) == left


async def _once(job):
    """Until it sleeps for an hour."""
    task = asyncio.ensure_future(job)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(task), 0.5)
    task.cancel()
