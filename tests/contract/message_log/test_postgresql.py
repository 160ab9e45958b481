"""The message log in PostgreSQL keeps the promises of every message log."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg
import pytest

from ecluse.adapters.message_log import postgresql as module
from ecluse.adapters.message_log.postgresql import PostgresqlMessageLog
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.log_search import LogSearch
from tests.contract.message_log.contract import DAY_S, NOW, MessageLogContract, everything, figures, outcome
from tests.control import postgresql

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not postgresql.is_installed(), reason="PostgreSQL is not installed"),
]
TOLD = datetime.fromtimestamp(NOW, UTC).date()


@pytest.fixture(scope="module")
def server():
    with postgresql.running() as folder:
        yield f"postgresql:///ecluse?host={folder}&user=postgres"


@pytest.fixture
def url(server):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "DROP TABLE IF EXISTS message_row, message_event, message_day, message_hour, sent_hour CASCADE"
        )
    return server


@pytest.fixture
def log(url):
    log = PostgresqlMessageLog(url)
    yield log
    log.close()


class TestPostgresqlMessageLog(MessageLogContract):
    pass


def test_two_nodes_begin_at_once_in_weeks_that_nobody_knows(url):
    def write(number):
        log = PostgresqlMessageLog(url)
        try:
            for week in range(5):
                log.append([outcome(NOW + 7 * week * DAY_S, client=f"Client {number}") for _ in range(20)])
        except Unavailable as problem:
            trouble.append(problem)
        finally:
            log.close()

    trouble = []
    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not trouble
    log = PostgresqlMessageLog(url)
    assert len(everything(log, LogSearch(), limit=100)) == 300
    log.close()


def weeks(url):
    """The partitions that there are."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhrelid "
                                   "WHERE relkind = 'r' AND relname LIKE 'message_%'")  # fmt: skip
        return sorted(name for (name,) in found)


def test_weeks_that_are_over_are_dropped_with_their_tables(url, log):
    log.append([outcome(NOW - 7 * number * DAY_S) for number in range(4)])
    assert len(weeks(url)) == 8
    log.purge(NOW - 14 * DAY_S)
    assert len(weeks(url)) == 6
    assert len(log.search(LogSearch(), 10).rows) == 3
    log.purge(NOW - 7 * DAY_S + 60)
    assert len(weeks(url)) == 4  # Of the week in which the year ends only what is older than that goes.
    assert len(log.search(LogSearch(), 10).rows) == 1


def test_a_week_that_another_node_has_dropped_is_made_again(url, log):
    log.append([outcome()])
    other = PostgresqlMessageLog(url)
    other.purge(NOW + 14 * DAY_S)
    other.close()
    with pytest.raises(Unavailable):
        log.append([outcome()])
    log.append([outcome()])
    assert len(log.search(LogSearch(), 10).rows) == 1


def test_who_only_searches_needs_no_more_than_to_read(url, log):
    log.append([outcome()])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT SELECT ON message_row, message_event TO reader")
    reader = PostgresqlMessageLog(url.replace("user=postgres", "user=reader"))
    (row,) = reader.search(LogSearch(client="One"), 10).rows
    assert len(reader.events(row.id)) == 1
    with pytest.raises(Unavailable):
        reader.append([outcome()])
    reader.close()


def test_what_an_older_release_has_written_gets_its_figures(url, log):
    log.append([outcome(NOW - 40 * DAY_S), outcome(NOW), outcome(NOW), outcome(NOW, direction="outbound")])
    expected, hours = figures(log), log.verdicts("One", 0, 1 << 20)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE message_day")
        connection.execute("DROP TABLE message_hour")
        connection.execute("DROP TABLE sent_hour")
    assert figures(log) == []
    later = PostgresqlMessageLog(url)
    later.append([outcome(NOW, client="Two")])
    assert figures(later) == expected
    assert later.verdicts("One", 0, 1 << 20) == hours
    assert sum(hours.values()) == 3
    assert sum(later.verdicts("One", 0, 1 << 20, Direction.OUTBOUND).values()) == 1
    later.close()


TELL_TIMEOUT = f"""
INSERT INTO message_day SELECT 'One', '{TOLD}', 'inbound', current_setting('statement_timeout'), '', 'held', 1, 1
"""


def told_timeout(log):
    return [each.disposition for each in log.figures("One", TOLD, TOLD) if each.octets == 1]


def test_counting_millions_of_rows_is_not_cut_off(log, monkeypatch):
    # After the 30 s of other statements a log of five million rows was never counted, and took in nothing more.
    make, _ = module._MAKE["message_day"]
    monkeypatch.setitem(module._MAKE, "message_day", (make, TELL_TIMEOUT))
    log.append([outcome()])
    assert told_timeout(log) == ["0"]


def test_deleting_millions_of_rows_is_not_cut_off(log, monkeypatch):
    log.append([outcome()])
    monkeypatch.setattr(module, "_PURGE", (TELL_TIMEOUT,))
    log.purge(0.0)
    assert told_timeout(log) == ["0"]


def test_two_nodes_count_the_same_figures_side_by_side(url):
    logs = [PostgresqlMessageLog(url) for _ in range(2)]
    logs[0].append([outcome()])

    def write(log):
        for _ in range(20):
            log.append([outcome(NOW - number % 5 * DAY_S) for number in range(20)])

    threads = [threading.Thread(target=write, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(number for _, _, number, _ in figures(logs[0])) == 801
    for log in logs:
        log.close()
