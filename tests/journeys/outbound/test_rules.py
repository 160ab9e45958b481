"""A client's own rules for its outbound mail, over SMTP: what is refused, what waits, what goes on."""

from __future__ import annotations

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
"""


class Ruled:
    """A node whose one client has rules, and the server that its mail goes to."""

    def __init__(self, make_node):
        self.served, self.hop = domains("ruled", 1), fresh_ip()
        self.node = make_node(client_table("ruled", self.served) + RULES, {}, self.hop)
        self.ann = self.served[0].ann

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
