"""The message log in SQLite keeps the promises of every message log."""

from __future__ import annotations

import sqlite3

import pytest

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.log_search import LogSearch
from tests.contract.message_log.contract import DAY_S, NOW, MessageLogContract, figures, outcome


@pytest.fixture
def log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


class TestSqliteMessageLog(MessageLogContract):
    pass


def test_a_month_is_one_file_and_old_ones_are_deleted_with_what_hangs_on_them(log, tmp_path):
    log.append([outcome(NOW - 40 * DAY_S), outcome(NOW)])
    assert {path.name for path in (tmp_path / "log").iterdir()} >= {"2026-08.sqlite", "2026-09.sqlite"}
    log.purge(NOW - 20 * DAY_S)
    assert not list((tmp_path / "log").glob("2026-08*"))
    assert len(log.search(LogSearch(), 10).rows) == 1


def test_the_file_is_for_its_owner_alone(log, tmp_path):
    log.append([outcome()])
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


def test_a_file_that_is_none_is_told_and_does_not_stay_in_use(log, tmp_path):
    (tmp_path / "log").mkdir()
    bad = tmp_path / "log" / "2026-09.sqlite"
    bad.write_bytes(b"rubbish" * 1_000)
    with pytest.raises(Unavailable):
        log.append([outcome()])
    with pytest.raises(Unavailable):
        log.search(LogSearch(), 10)
    bad.unlink()
    log.append([outcome()])
    assert len(log.search(LogSearch(), 10).rows) == 1


def test_a_file_of_a_later_release_is_left_alone(log, tmp_path):
    (tmp_path / "log").mkdir()
    store = sqlite3.connect(tmp_path / "log" / "2026-09.sqlite")
    store.execute("PRAGMA user_version = 99")
    store.close()
    for attempt in (lambda: log.append([outcome()]), lambda: log.search(LogSearch(), 10)):
        with pytest.raises(Unavailable, match="later release"):
            attempt()


def test_a_month_that_another_process_has_deleted_is_let_go(log, tmp_path):
    log.append([outcome(NOW - 40 * DAY_S), outcome(NOW)])
    assert len(log.search(LogSearch(), 10).rows) == 2
    agent = SqliteMessageLog(tmp_path / "log")
    agent.purge(NOW - 20 * DAY_S)
    agent.close()
    assert len(log.search(LogSearch(), 10).rows) == 1


def test_a_reader_does_not_wait_for_the_writer(log, tmp_path):
    log.append([outcome()])
    writer = sqlite3.connect(tmp_path / "log" / "2026-09.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM message_row")
    assert len(log.search(LogSearch(), 10).rows) == 1
    writer.close()


def test_files_of_an_older_release_get_their_figures_when_they_are_looked_after(log, tmp_path):
    log.append([outcome(NOW - 40 * DAY_S), outcome(NOW), outcome(NOW), outcome(NOW, direction="outbound")])
    expected, hours = figures(log), log.verdicts("One", 0, 1 << 20)
    log.close()
    for path in (tmp_path / "log").glob("*.sqlite"):
        with sqlite3.connect(path) as store:
            store.execute("DROP TABLE message_day")
            store.execute("DROP TABLE message_hour")
            store.execute("DROP TABLE sent_hour")
        store.close()
    later = SqliteMessageLog(tmp_path / "log")
    assert figures(later) == []
    later.purge(NOW - 100 * DAY_S)
    assert figures(later) == expected
    assert later.verdicts("One", 0, 1 << 20) == hours
    assert sum(hours.values()) == 3
    assert sum(later.verdicts("One", 0, 1 << 20, Direction.OUTBOUND).values()) == 1
    later.append([outcome(NOW)])
    assert [each[2] for each in figures(later)] == [1, 3, 1]
    later.close()
