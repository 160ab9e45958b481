"""Two nodes of one installation, each with a folder and an address of its own: one is killed, and nothing is lost."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

import pytest

from ecluse.control.abuse.locks import locks_of_client, sort_locks, spread_locks, unlock
from ecluse.control.mail import quarantine
from ecluse.control.mail.log import delivery_of
from ecluse.control.mail.models import CopyState, HeldCopy, NodeOrder
from ecluse.control.tenants import services
from ecluse.domain.log_search import LogSearch
from ecluse.domain.order import Releaser
from ecluse.entrypoints.log_store import open_log
from ecluse.mta.reception.listener import DRAIN_S
from tests.control.cast import ADMIN
from tests.control.following import (
    RELEASE_URL,
    SPAM,
    WITHIN_S,
    following,
    in_scope,
    in_thread,
    until_held,
)
from tests.control.test_node_follows import rcpt, until_answered
from tests.control.test_publications import url
from tests.counter_server import PROGRAM, Redis
from tests.journeys.node import until
from tests.journeys.sender import message
from tests.loopback import fresh_ip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
def nodes(published, tmp_path):
    with ExitStack() as running:
        yield [running.enter_context(_node(tmp_path / name, name)) for name in ("mx1", "mx2")]


def _node(folder, name, more=None, **placed):
    folder.mkdir()
    own = {"hostname": f"{name}.gateway.test", "workers": 1}
    tables = {"": own, "control": {"database": url(), "release_url": RELEASE_URL}, **(more or {})}
    return following(folder, tables, address=fresh_ip(), **placed)


def events_of(node, message_id):
    log = open_log(url(), node.data)
    try:
        return log.events(message_id, "One")
    finally:
        log.close()


def rows(nodes, domain):
    """What the log says of bob's mail, wherever nodes of this installation keep it."""
    found = []
    for log in [open_log(url(), node.data) for node in nodes]:
        found += log.search(LogSearch(client="One", recipient=domain.bob), 100).rows
        log.close()
    return {(row.id, row.fate) for row in found}


async def test_one_is_killed_the_other_serves_and_what_was_ordered_is_done_on_its_return(nodes, published, domain):
    first, second = nodes
    # A change of policy is at both.
    for node in nodes:
        assert await rcpt(node, domain.eve) == "550"
    await in_thread(services.add_address, published, "eve", by=ADMIN)
    for node in nodes:
        await until_answered(node, domain.eve, "250")

    # One holds a message for its sender, and has another in its queue: nobody answers at the next hop yet.
    assert (await second.send([domain.bob], SPAM))[-1].code == 550
    [copy] = await until_held(1, state=CopyState.HELD)
    assert copy.message.node == "mx2.gateway.test"
    assert (await second.send([domain.bob], message()))[-1].code == 250
    assert len(second.spooled()) == 1
    second.crash()

    # The other serves, and its orders are its own.
    await in_thread(quarantine.release, [copy], published.client, channel=Releaser.ADMINISTRATOR, by=ADMIN)
    async with domain.next_hop() as hop:
        assert (await first.send([domain.bob], message()))[-1].code == 250
        assert len(hop.taken) == 1
        assert (await in_thread(NodeOrder.objects.get)).answered_at is None

        # It comes back: what waited in its queue, and what was ordered meanwhile.
        second.start()
        await hop.takes(3)
        await until_held(1, state=CopyState.RELEASED)
        await until(lambda: not second.spooled() and not second.held(), within_s=WITHIN_S)
        # Also with its words: how far the released one has come.
        await until(lambda: any(each.released_by for each in events_of(second, copy.message_id)), within_s=WITHIN_S)
        log = open_log(url(), second.data)
        found = lambda: delivery_of(log, "One", copy.message_id, domain.bob)  # noqa: E731 - short, and asked again.
        await until(lambda: found() and found().fate == "delivered", within_s=WITHIN_S)
        assert found().reply.startswith("250 2.0.0 ok")
        log.close()
        await until(lambda: len(rows(nodes, domain)) == 3, within_s=WITHIN_S)
    assert {each.content.count(b"GTUBE") for each in hop.taken} == {0, 1}
    assert len(hop.taken) == 3
    assert {fate for _, fate in rows(nodes, domain)} == {"relayed", "delivered"}
    assert first.faults() == second.faults() == []
    assert not await in_thread(HeldCopy.objects.filter(state=CopyState.HELD).exists)


@pytest.fixture
def redis(tmp_path):
    redis = Redis(tmp_path).start()
    yield redis
    redis.stop()


@pytest.mark.peers
@pytest.mark.skipif(PROGRAM is None, reason="no redis-server: scripts/install-test-servers")
async def test_a_limit_counts_over_both_and_over_each_alone_without_the_counter_server(published, tmp_path, redis):
    del published
    with ExitStack() as running:
        tables = {"inbound": {"max_connections_per_ip": 10}, "counters": redis.settings}
        nodes = [running.enter_context(_node(tmp_path / name, name, tables)) for name in ("mx1", "mx2")]
        for node in nodes:
            await until(lambda node=node: node.log("limits are counted with the other nodes"), within_s=WITHIN_S)

        # Half of the limit at one node, half at the other: full for both.
        half = Crowd(nodes)
        assert await half.come(10) == [220] * 10
        assert await half.come(2) == [421] * 2
        # Twenty at the same time: exactly as many are in as the limit says.
        crowd = Crowd(nodes)
        assert sorted(await crowd.come(20)) == [220] * 10 + [421] * 10
        crowd.go()
        half.go()

        redis.stop()
        for node in nodes:
            await until(lambda node=node: node.log("limits are counted on this node alone"), within_s=WITHIN_S)
        # Mail flows, and the limit holds at each.
        alone = Crowd(nodes)
        assert sorted(await alone.come(24)) == [220] * 20 + [421] * 4
        alone.go()
        assert nodes[0].faults() == nodes[1].faults() == []


@pytest.mark.peers
@pytest.mark.skipif(PROGRAM is None, reason="no redis-server: scripts/install-test-servers")
async def test_five_hundred_recipients_pass_over_both_and_the_lock_of_one_holds_at_the_other(
    published, domain, tmp_path, redis
):
    """Contract 3-11, and the unlocking of both by one act."""
    with ExitStack() as running:
        outbound = {"counters": redis.settings}
        places = [(tmp_path / name, name, outbound) for name in ("mx1", "mx2")]
        nodes = [running.enter_context(_node(*place, outbound_hop=fresh_ip())) for place in places]
        first, second = nodes
        for number, node in enumerate((*nodes, *nodes)):
            assert await offer(node, domain, people(125, 125 * number)) == 250
        assert await offer(first, domain, people(1, 500)) == 550

        # The other hears of it from the control plane, by the worker's job.
        await until_begun(second, domain, 550)
        [locked] = await in_scope(published, locks_of_client)
        assert locked.lock.name == domain.bob
        assert (await begun(second, domain, "eve")) == 250
        assert await in_thread(sort_locks) == 1

        await in_scope(published, unlock, locked.lock, was_us=False, deletes_mail=False, by=ADMIN)
        for node in nodes:
            await until_begun(node, domain, 250)
        assert first.faults() == second.faults() == []
        for node in nodes:
            begun_at = time.monotonic()
            node.stop()
            assert time.monotonic() - begun_at < DRAIN_S / 2  # Nobody is there to wait for.


def people(count, first):
    return [f"p{one}@elsewhere.example" for one in range(first, first + count)]


async def offer(node, domain, recipients):
    """The code that one of many near-identical messages of bob's ends with."""
    body = (
        "Our warehouse closes and everything on its shelves has to go before the month ends, so please write soon.\r\n"
    )
    content = message("offer", body).replace(b"ann@sender.test", domain.bob.encode())
    return (await node.submit(recipients, content, mail=f"MAIL FROM:<{domain.bob}>"))[-1].code


async def begun(node, domain, who="bob"):
    """The answer to MAIL."""
    async with node.submitter() as sender:
        await sender.greeted()
        return (await sender.ask(f"MAIL FROM:<{who}@{domain.name}>")).code


async def until_begun(node, domain, code):
    """Bob's mail is answered so there; the worker works meanwhile."""
    deadline = time.monotonic() + WITHIN_S
    while await begun(node, domain) != code:
        assert time.monotonic() < deadline, node.log_text()[-6000:]
        await in_thread(spread_locks, time.time())
        await asyncio.sleep(0.2)


class Crowd:
    """Connections from one address of their own, to each node in turn."""

    def __init__(self, nodes):
        self._nodes = nodes
        self._ip = fresh_ip()
        self._senders = []

    async def come(self, number):
        """At the same time; what each hears first."""
        senders = [self._nodes[one % 2].sender(ip=self._ip) for one in range(number)]
        self._senders += senders
        return await asyncio.gather(*map(self._come, senders))

    @staticmethod
    async def _come(sender):
        await sender.__aenter__()
        return (await sender.reply()).code

    def go(self):
        for sender in self._senders:
            sender.reset()
