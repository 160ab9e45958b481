"""Every search of the message log is answered from an index, in its order: none reads or sorts a whole month."""

from __future__ import annotations

import pytest

from ecluse.adapters.message_log import statements
from ecluse.adapters.message_log.figures import READ
from ecluse.adapters.message_log.sqlite import _OLD_OF, SqliteMessageLog, _by_index, _stored
from ecluse.domain.log_search import LogPlace, LogSearch
from tests.contract.message_log.contract import NOW, outcome

SEARCHES = {
    "message_row_pk": [
        LogSearch(client="One"),
        LogSearch(client="One", since=NOW - 86_400, until=NOW),
        LogSearch(client="One", categories=frozenset({"P"}), code_class=5),
        LogSearch(client="One", subject="x"),
        LogSearch(client="One", recipient="one.example"),
        LogSearch(client="One", id_prefix="0199"),
    ],
    "message_by_recipient": [
        LogSearch(client="One", recipient="ann@one.example"),
        LogSearch(recipient="a@one.example"),
    ],
    "message_by_sender": [LogSearch(client="One", sender="bob@sender.example"), LogSearch(sender="bob@sender.example")],
    "message_by_sender_domain": [LogSearch(client="One", sender="sender.example"), LogSearch(sender="sender.example")],
    "message_by_ip": [LogSearch(client="One", ip="192.0.2.1"), LogSearch(ip="192.0.2.1")],
    "message_by_time": [LogSearch(), LogSearch(fates=frozenset({"held"}))],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    log = SqliteMessageLog(tmp_path_factory.mktemp("log"))
    log.append([outcome(NOW + number) for number in range(200)])
    with log._reader("2026-09") as store:
        yield store
    log.close()


def plan(store, search, after):
    (statement,) = statements._statements(search, 50, after)
    values = {name: _stored(name, value) for name, value in statement.values.items()}
    return "\n".join(
        row[3] for row in store.execute(f"EXPLAIN QUERY PLAN {_by_index(statement.rows, statement.index)}", values)
    )


@pytest.mark.parametrize("after", [None, LogPlace("01" * 16, "ann@one.example")])
@pytest.mark.parametrize(("index", "search"), [(index, each) for index, those in SEARCHES.items() for each in those])
def test_it_is_found_by_the_index_made_for_it(store, index, search, after):
    found = plan(store, search, after)
    expected = "USING PRIMARY KEY" if index == "message_row_pk" else f"USING INDEX {index} "
    assert "SEARCH message_row" in found
    assert expected in f"{found} ", found
    assert "SCAN message_row" not in found


def test_a_clients_pages_are_sorted_by_nobody(store):
    for search in (
        LogSearch(client="One"),
        LogSearch(client="One", sender="bob@sender.example"),
        LogSearch(client="One", ip="192.0.2.1", code_class=5),
        LogSearch(client="One", categories=frozenset({"P"})),
        LogSearch(),
    ):
        assert "TEMP B-TREE" not in plan(store, search, None)


def test_figures_are_read_from_their_own_table_by_its_key(store):
    days = {"client": "One", "first": "2026-08-23", "last": "2026-09-21"}
    (found,) = [row[3] for row in store.execute(f"EXPLAIN QUERY PLAN {READ}", days) if "message" in row[3]]
    assert "message_row" not in found
    assert "USING INDEX sqlite_autoindex_message_day_1 (client=? AND day>? AND day<?)" in found


def test_what_a_client_lets_go_is_found_by_its_own_order(store):
    rows = store.execute(f"EXPLAIN QUERY PLAN {_OLD_OF}", ("One", b"\xff", 1_000))
    assert [row[3] for row in rows] == ["SEARCH message_row USING PRIMARY KEY (client=? AND id<?)"]
