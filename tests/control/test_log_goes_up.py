"""What a real node does stands in the message log: while that is away mail flows on, and afterwards nothing is missing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections

from ecluse.control.policies.services import set_wishes
from ecluse.domain.log_search import LogSearch
from ecluse.entrypoints.log_store import open_log
from ecluse.wire.wishes import read_wishes
from tests.control import postgresql
from tests.control.cast import ADMIN
from tests.control.following import WITHIN_S, following, served
from tests.control.test_publications import url
from tests.journeys.node import until
from tests.journeys.sender import message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
def database(domain):
    """Its URL, once the domain is published."""
    with served(domain, "bob") as row:
        set_wishes(row.client, read_wishes({"log_subjects": True}), by=ADMIN)
    database = url()
    connections.close_all()  # The server will be stopped.
    return database


@pytest.fixture
def node(database, tmp_path):
    with following(tmp_path, {"control": {"database": database}}) as node:
        yield node


@pytest.fixture
def log(database, node):
    log = open_log(database, node.data)
    yield log
    log.close()


@contextmanager
def away(node):
    """The database of the log does not answer."""
    if folder := os.environ.get("ECLUSE_TEST_POSTGRESQL"):
        postgresql.stop(Path(folder))
        yield
        postgresql.start(Path(folder))
    else:
        holders = [sqlite3.connect(path, isolation_level=None) for path in (node.data / "log").glob("*.sqlite")]
        for holder in holders:
            holder.execute("BEGIN IMMEDIATE")
        yield
        for holder in holders:
            holder.close()


async def test_mail_is_in_the_log_also_what_came_while_that_was_away(node, domain, log):
    search = LogSearch(client="One", recipient=domain.bob)
    async with domain.next_hop() as hop:
        for _ in range(3):
            assert (await node.send([domain.bob], message()))[-1].code == 250
        await until(lambda: len(log.search(search, 100).rows) == 3, within_s=WITHIN_S)
        log.close()
        with away(node):
            for _ in range(10):
                assert (await node.send([domain.bob], message()))[-1].code == 250
            await until(lambda: "message log out of reach" in node.log_text(), within_s=WITHIN_S)
        assert len(hop.taken) == 13
        await until(lambda: len(log.search(search, 100).rows) >= 13, within_s=WITHIN_S)
    rows = log.search(search, 100).rows
    assert len({row.id for row in rows}) == len(rows) == 13
    assert {(row.fate, row.code, row.disposition) for row in rows} == {("relayed", 250, "deliver")}
    assert all(row.subject for row in rows)
    assert all(len(log.events(row.id, client="One")) == 1 for row in rows)


async def test_a_message_that_waits_is_one_row_whose_fate_changes(node, domain, log):
    assert (await node.send([domain.bob], message()))[-1].code == 250

    def fates():
        return [row.fate for row in log.search(LogSearch(party=domain.bob), 10).rows]

    await until(lambda: fates() in (["spooled"], ["deferred"]), within_s=WITHIN_S)
    async with domain.next_hop():
        await until(lambda: fates() == ["delivered"], within_s=WITHIN_S)
    (row,) = log.search(LogSearch(party=domain.bob), 10).rows
    assert row.ip == "127.0.0.1"
    assert len(log.events(row.id)) >= 2
