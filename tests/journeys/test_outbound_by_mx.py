"""Outbound mail without a smart host: to the servers that each recipient's domain names, and nowhere else."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from ecluse.domain.event import Ending
from tests.contract.authoritative import NameServer, Zone
from tests.journeys.next_hop import NextHop
from tests.journeys.node import BY_MX, NEXT_HOP_PORT, client_table, domains, until
from tests.journeys.sender import message
from tests.loopback import fresh_ip

ORIGIN = "world.test"


class World:
    """Domains of the Internet, each with a server of its own."""

    def __init__(self):
        self.hosts = {name: fresh_ip() for name in ("one", "two", "plain", "slow", "home")}
        lines = [
            f"one.{ORIGIN}. 60 IN MX 10 mx.one.{ORIGIN}.",
            f"mx.one.{ORIGIN}. 60 IN A {self.hosts['one']}",
            f"two.{ORIGIN}. 60 IN MX 20 mx.two.{ORIGIN}.",
            f"two.{ORIGIN}. 60 IN MX 10 gone.two.{ORIGIN}.",
            f"mx.two.{ORIGIN}. 60 IN A {self.hosts['two']}",
            f"gone.two.{ORIGIN}. 60 IN A {fresh_ip()}",
            f"plain.{ORIGIN}. 60 IN A {self.hosts['plain']}",
            f"slow.{ORIGIN}. 60 IN A {self.hosts['slow']}",
            f"null.{ORIGIN}. 60 IN MX 0 .",
            f"inside.{ORIGIN}. 60 IN A 10.0.0.1",
            f"back.{ORIGIN}. 60 IN MX 10 mx.gateway.test.",
        ]
        self.names = NameServer(Zone("\n".join(lines), ORIGIN))

    def server(self, name, says=None):
        return NextHop(self.hosts[name], NEXT_HOP_PORT, says or {})


@pytest.fixture(scope="module")
def world():
    made = World()
    made.names.start()
    yield made
    made.names.stop()


@pytest.fixture(scope="module")
def home():
    return domains("sender", 1)[0]


@pytest.fixture(scope="module")
def node(make_node, world, home):
    settings = {"dns": {"nameservers": [f"127.0.0.1:{world.names.port}"]}, "": {"delivery_processes": 2}}
    node = make_node(client_table("home", [home]), settings, BY_MX)
    yield node
    assert node.faults() == []


def to(*names):
    return [f"bob@{name}.{ORIGIN}" for name in names]


def endings(node, message_id):
    """Recipient -> how it ended, as the last record says."""
    return {who.address: who.fate for one in node.journal(message_id) for who in one.recipients}


async def test_each_domain_gets_its_copy_and_all_have_one_content(node, world, home):
    content = message("to three domains", body="x" * 200_000 + "\r\n")
    async with world.server("one") as one, world.server("two") as two, world.server("plain") as plain:
        recipients = [*to("one", "two", "plain"), f"carol@two.{ORIGIN}"]
        reply = (await node.submit(recipients, content, mail=f"MAIL FROM:<{home.ann}>"))[-1]
        assert reply.code == 250
        taken = [(await hop.takes(1))[0] for hop in (one, two, plain)]
    assert [sorted(each.recipients) for each in taken] == [
        to("one"),
        [f"bob@two.{ORIGIN}", f"carol@two.{ORIGIN}"],
        to("plain"),
    ]
    assert len({each.content for each in taken}) == 1
    assert taken[0].content.endswith(content.partition(b"\r\n")[2])
    message_id = reply.id
    await until(lambda: set(endings(node, message_id).values()) == {Ending.DELIVERED})
    await until(lambda: node.spooled() == [] and list((node.data / "spool" / "contents").iterdir()) == [])


async def test_one_domain_that_defers_keeps_no_other_waiting(node, world, home):
    async with world.server("one") as one:
        await node.submit(to("one", "slow"), message("to two domains"), mail=f"MAIL FROM:<{home.ann}>")
        await one.takes(1)
        [waiting] = await until(lambda: node.spooled(f"slow.{ORIGIN}"))
        assert [str(one.address) for one in waiting.recipients] == to("slow")
        assert node.spooled_content(waiting.id).endswith(message("to two domains").partition(b"\r\n")[2])
        async with world.server("slow") as slow:
            await slow.takes(1)


@pytest.mark.parametrize(
    ("name", "status"), [("null", "5.1.10"), ("missing", "5.1.2"), ("back", "5.4.6")], ids=lambda text: text
)
async def test_a_domain_that_takes_no_mail_is_told_of_at_once(node, world, home, name, status):
    async with home.next_hop() as hop:
        await node.submit(to(name), message("to nowhere"), mail=f"MAIL FROM:<{home.ann}>")
        [told] = await hop.takes(1)
    assert told.sender == ""
    assert told.recipients == (home.ann,)
    report = message_from_bytes(told.content).get_payload()[1].as_string()
    assert f"Status: {status}" in report


@pytest.mark.parametrize(("name", "reason"), [("inside", "4.4.4"), ("fail.x", "4.4.3")])
async def test_what_may_change_waits(node, world, home, name, reason):
    await node.submit(to(name), message("to trouble"), mail=f"MAIL FROM:<{home.ann}>")
    [waiting] = await until(lambda: [one for one in node.spooled(f"{name}.{ORIGIN}") if one.attempts])
    assert reason in waiting.reason
    assert node.outages() == {}
