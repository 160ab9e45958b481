"""Console and database are stopped during a mail run, and no worker runs at all: not one message is delayed, and afterwards nothing is missing or twice."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.db import connections

from ecluse.control.mail.models import CopyState
from ecluse.domain.log_search import LogSearch
from ecluse.entrypoints.log_store import open_log
from tests.browser.house import wait_for_console
from tests.control.following import (
    RELEASE_URL,
    SPAM,
    WITHIN_S,
    following,
    until_held,
)
from tests.control.test_log_goes_up import away
from tests.control.test_publications import url
from tests.journeys.node import until
from tests.journeys.sender import message
from tests.loopback import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
def node(owner, tmp_path):
    port = free_port()
    web = {"listen": f"127.0.0.1:{port}", "url": f"http://127.0.0.1:{port}", "processes": 1}
    with following(tmp_path, {"control": {"database": url(), "release_url": RELEASE_URL}, "web": web}) as node:
        yield node


class Console:
    """`ecluse web` with the settings of the node."""

    def __init__(self, node):
        self.port, self.folder = int(node.settings["web"]["listen"].rpartition(":")[2]), node.folder
        self.process = None

    def start(self):
        with (self.folder / "web.log").open("ab") as log:
            command = [sys.executable, "-m", "ecluse", "web", "--config", str(self.folder / "ecluse.toml")]
            self.process = subprocess.Popen(command, stderr=log)
        wait_for_console(self.port, self.process, self.folder / "web.log")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def console(node):
    console = Console(node)
    console.start()
    connections.close_all()  # The server will be stopped.
    yield console
    console.stop()


@contextmanager
def all_away(node):
    """PostgreSQL is stopped; of SQLite nothing can be written."""
    with away(node):
        if "ECLUSE_TEST_POSTGRESQL" in os.environ:
            yield
            return
        holder = sqlite3.connect(url().removeprefix("sqlite://"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.close()


class MailRun:
    """One message after the other, each looked for at the next hop when its sender has been answered."""

    def __init__(self, node, domain, hop):
        self.node, self.domain, self.hop = node, domain, hop
        self.is_over = False

    async def go(self):
        sent = 0
        while not self.is_over:
            assert (await self.node.send([self.domain.bob], message()))[-1].code == 250
            sent += 1
            assert len(self.hop.taken) == sent
        return sent

    async def ten_more(self, task):
        wanted = len(self.hop.taken) + 10
        await until(lambda: task.done() or len(self.hop.taken) >= wanted)
        assert not task.done() or task.result()


async def test_a_mail_run_needs_neither_console_nor_database(node, console, domain):
    async with domain.next_hop() as hop:
        mail = MailRun(node, domain, hop)
        task = asyncio.create_task(mail.go())
        await mail.ten_more(task)
        await asyncio.to_thread(console.stop)
        with all_away(node):
            await until(lambda: "message log out of reach" in node.log_text(), within_s=WITHIN_S)
            await mail.ten_more(task)
            assert (await node.send([domain.bob], SPAM))[-1].code == 550  # It is held, and told of later.
        await asyncio.to_thread(console.start)
        await mail.ten_more(task)
        mail.is_over = True
        sent = await task
    assert node.spooled() == []
    log = open_log(url(), node.data)
    search = LogSearch(client="One", recipient=domain.bob)
    await until(lambda: len(log.search(search, 1_000).rows) > sent, within_s=WITHIN_S)
    rows = log.search(search, 1_000).rows
    assert len({row.id for row in rows}) == len(rows) == sent + 1
    assert sorted({row.fate for row in rows}) == ["refused", "relayed"]
    assert all(len(log.events(row.id, client="One")) == 1 for row in rows)
    log.close()
    assert len(await until_held(1, state=CopyState.HELD)) == 1
    assert node.faults() == []
