"""A client's own rules for its outbound mail, over SMTP: what is refused, what waits, what goes on."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, client_table, domains
from tests.journeys.sender import message
from tests.loopback import fresh_ip

RULES = r"""
[[clients.outbound_rules]]
name = "Partner"
action = "let-through"
recipients = ["partner.test"]

[[clients.outbound_rules]]
name = "Données"
action = "refuse"
text = "Ask legal."
external = true
words = ['\bconfidentiel']

[[clients.outbound_rules]]
name = "Large rounds"
action = "hold"
words = ["newsletter"]
"""
WAITS = "Kept, not sent yet: it waits for approval. A rule of your organisation"


class Ruled:
    """A node whose one client has rules, and the server that its mail goes to."""

    def __init__(self, make_node):
        self.served, self.hop = domains("ruled", 1), fresh_ip()
        self.node = make_node(client_table("ruled", self.served) + RULES, {}, self.hop)
        self.ann = self.served[0].ann

    def home(self):
        """The server of the client itself."""
        return self.served[0].next_hop()

    async def quarantine(self, *words):
        """The exit code of `ecluse quarantine`."""
        command = (sys.executable, "-m", "ecluse", "quarantine", *words, "--config", self.node.folder / "ecluse.toml")
        return await (await asyncio.create_subprocess_exec(*command)).wait()

    async def send(self, to, body):
        content = message(body=body, From=self.ann)
        *_, last = await self.node.submit([to], content, mail=f"MAIL FROM:<{self.ann}>")
        return str(last)


@pytest.fixture(scope="module")
def ruled(make_node):
    return Ruled(make_node)


@pytest.fixture
async def world(ruled):
    async with NextHop(ruled.hop, NEXT_HOP_PORT, {}) as server:
        yield server


async def test_a_rule_refuses_and_says_which_but_never_what_was_in_it(ruled, world):
    reply = await ruled.send("bob@world.test", "C'est CONFIDENTIEL.\r\n")
    assert reply.startswith('550 5.7.1 Ask legal. (rule "Donnees")')
    assert "confidentiel" not in reply.lower()
    assert [found for event in ruled.node.journal() for one in event.recipients for found in one.findings] == [
        "SENDING_RULE: Données"
    ]


async def test_an_earlier_rule_and_own_domains_let_it_through(ruled, world):
    for to in ("bob@partner.test", ruled.served[0].bob):
        assert (await ruled.send(to, "C'est confidentiel.\r\n")).startswith("250")
    assert {one.recipients for one in await world.takes(2)} == {("bob@partner.test",), (ruled.served[0].bob,)}


async def test_what_waits_says_so_and_goes_out_once_it_is_approved(ruled, world):
    async with ruled.home() as home:
        reply = await ruled.send("bob@world.test", "Our newsletter of today.\r\n")
        assert reply.startswith(f"250 2.0.0 {WAITS}")
        assert 'rule "Large rounds"' in reply
        [notice] = await home.takes(1)
        assert (notice.sender, notice.recipients) == ("", (ruled.ann,))
        assert b"Subject: Mail that waits for approval" in notice.content
        assert b"Action: delayed" in notice.content
        assert b'rule "Large rounds"' in notice.content
        assert b"newsletter of today" not in notice.content
    [message] = ruled.node.held()
    assert world.taken == []
    assert await ruled.quarantine("release", message.id) == 0
    [taken] = await world.takes(1)
    assert (taken.sender, taken.recipients) == (ruled.ann, ("bob@world.test",))
    assert b"newsletter of today" in taken.content
    assert ruled.node.held() == []
    assert await ruled.quarantine("release", message.id) == 1


async def test_what_is_refused_is_told_to_its_sender(ruled, world):
    async with ruled.home() as home:
        await ruled.send("bob@world.test", "Another newsletter.\r\n")
        [message] = ruled.node.held()
        assert await ruled.quarantine("delete", "--yes", message.id) == 0
        _, refusal = await home.takes(2)
        assert b"550 5.7.1 Not approved" in refusal.content
        assert b"Subject: hello" in refusal.content
    assert (ruled.node.held(), world.taken) == ([], [])
