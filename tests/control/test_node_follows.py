"""A real node follows the control plane: within two seconds, through its absence, and without it after a restart.

Two seconds are a look each half a second and the time to apply; that no worker is slower than another is what is tried here.
"""

from __future__ import annotations

import asyncio

import pytest

from ecluse.control.tenants import services
from ecluse.domain.policy import ServiceState
from ecluse.entrypoints import control_jobs
from tests.control.cast import ADMIN, OPERATOR
from tests.control.following import WITHIN_S, following, in_thread, served
from tests.control.test_publications import url
from tests.journeys.node import Node, until
from tests.journeys.sender import message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
def published(domain):
    with served(domain, "bob") as row:
        yield row


@pytest.fixture
def node(published, tmp_path):
    with following(tmp_path, {"control": {"database": url()}}) as node:
        yield node


async def rcpt(node, recipient):
    async with node.sender() as connection:
        await connection.greeted()
        return str((await connection.pipeline("MAIL FROM:<ann@sender.test>", f"RCPT TO:<{recipient}>"))[1])[:3]


async def until_answered(node, recipient, expected):
    """Once one worker gives it, all do."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            if await rcpt(node, recipient) == expected:
                break
    assert {await rcpt(node, recipient) for _ in range(6)} == {expected}


async def test_the_node_looks_each_half_a_second():
    assert control_jobs.LOOK_EVERY_S <= 0.5


async def test_mail_flows_and_a_change_is_live_in_all_workers_at_once(node, published, domain):
    async with domain.next_hop() as hop:
        assert (await node.send([domain.bob], message()))[-1].code == 250
        assert len(hop.taken) == 1
    assert await rcpt(node, domain.eve) == "550"
    await in_thread(services.add_address, published, "eve", by=ADMIN)
    await until_answered(node, domain.eve, "250")
    await in_thread(services.set_state, published.client, ServiceState.ENDED, by=OPERATOR)
    await until_answered(node, domain.eve, "550")


async def test_without_the_database_a_node_that_has_a_policy_starts_and_serves(node, domain):
    node.stop()
    node.settings["control"]["database"] = "sqlite:////nowhere/control.sqlite"
    node.start()
    assert await rcpt(node, domain.bob) == "250"
    await until(lambda: "control plane out of reach" in node.log_text())


async def test_a_node_that_never_had_a_policy_does_not_start_without_the_database(tmp_path, published):
    node = Node(tmp_path, "", {"control": {"database": "sqlite:////nowhere/control.sqlite"}})
    del node.settings["policy"]["file"]
    with pytest.raises(AssertionError):
        node.start()
    assert node.process.wait(60) != 0
    assert "no policy" in node.log_text()
