"""Pages and jobs read the message log of the client whose scope is open, and of no other."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django_scopes import ScopeError, scope, scopes_disabled

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.mail.scoped_log import ScopedLog
from ecluse.domain.log_search import LogSearch
from tests.contract.message_log.contract import outcome
from tests.control.cast import client

pytestmark = pytest.mark.django_db
READS = {
    "search": lambda log, name: log.search(LogSearch(client=name), 10).rows,
    "events": lambda log, name: log.events(MESSAGE.id, name),
    "events_of": lambda log, name: log.events_of([MESSAGE.id], name),
    "verdicts": lambda log, name: tuple(log.verdicts(name, 0, 1 << 30)),
    "figures": lambda log, name: log.figures(name, date(2026, 1, 1), date(2099, 1, 1)),
}
MESSAGE = outcome(time.time(), client="One")


@pytest.fixture
def log(tmp_path):
    inner = SqliteMessageLog(tmp_path)
    inner.append([MESSAGE])
    yield ScopedLog(inner)
    inner.close()


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_client_is_read_in_its_own_scope(log, read):
    with scope(client=client("One")):
        assert len(read(log, "One")) == 1
    with scope(client=client("Two")):
        assert read(log, "Two") == ()


@pytest.mark.parametrize("name", ["One", ""], ids=["one", "all"])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_nobody_elses_is_read(log, read, name):
    with scope(client=client("Two")), pytest.raises(ScopeError):
        read(log, name)
    with pytest.raises(ScopeError):
        read(log, name)


@pytest.mark.parametrize("write", [lambda log: log.append([MESSAGE]), lambda log: log.purge(time.time())])
def test_it_is_written_for_all_clients_or_not_at_all(log, write):
    with scope(client=client("One")), pytest.raises(ScopeError):
        write(log)
    with scopes_disabled():
        write(log)


@pytest.mark.parametrize("name", ["search", "events", "events_of"])
def test_all_are_read_where_scopes_are_off(log, name):
    with scopes_disabled():
        assert len(READS[name](log, "")) == 1


def test_busy_addresses_are_asked_of_all_clients_or_not_at_all(log):
    asked = (["One"], 0.0, 4_000_000_000.0, 1)
    with scope(client=client("One")), pytest.raises(ScopeError):
        log.busy_addresses(*asked)
    with scopes_disabled():
        assert len(log.busy_addresses(*asked)["One"]) == 1
