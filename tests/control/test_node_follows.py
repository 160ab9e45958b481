"""A real node follows the control plane: within two seconds, through its absence, and without it after a restart.

Two seconds are a look each half a second and the time to apply; that no worker is slower than another is what is tried here.
"""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from django.db import connections
from django_scopes import scope

from ecluse.control.tenants import services
from ecluse.domain.policy import Route, ServiceState
from ecluse.entrypoints import control_jobs
from tests.control.cast import ADMIN, OPERATOR, client
from tests.control.test_publications import url
from tests.journeys.node import NEXT_HOP_PORT, Domain, Node, until
from tests.journeys.sender import message
from tests.loopback import fresh_ip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
WITHIN_S = 60.0  # For a busy machine.
_numbers = count()


@pytest.fixture
def domain():
    return Domain(f"followed{next(_numbers)}.example", [fresh_ip()])


@pytest.fixture
def published(domain):
    owner = client()
    with scope(client=owner):
        row = services.add_domain(owner, domain.name, [Route(domain.hosts[0], NEXT_HOP_PORT)], by=ADMIN)
        services.add_address(row, "bob", by=ADMIN)
        yield row


@pytest.fixture
def node(published, tmp_path):
    node = Node(tmp_path, "", {"control": {"database": url()}})
    del node.settings["policy"]["file"]
    node.start()
    yield node
    node.stop()


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


async def in_thread(function, *arguments, **named):
    """Django's ORM refuses to work in an event loop. The thread keeps no connection: its server may be stopped meanwhile."""
    from asgiref.sync import sync_to_async  # noqa: PLC0415 - Django's own helper.

    def work():
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return await sync_to_async(work)()


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
