"""RCPT for clients who keep no list with us: their servers are asked over real connections."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.incoming import Direction
from ecluse.domain.policy import Policy, Route
from ecluse.domain.published import PublishedPolicy
from ecluse.mta.delivery.next_hop import NextHopLimits, NextHops
from ecluse.mta.reception.callout import Callout, CalloutLimits, Existence
from ecluse.mta.reception.connection import Connection
from ecluse.mta.reception.door import Certificate, Door
from ecluse.mta.reception.lobby import Lobby
from ecluse.mta.reception.recipients import InboundRecipients
from tests.journeys.next_hop import CLOSE, HANG, KEYWORDS, NextHop
from tests.journeys.node import NEXT_HOP_PORT
from tests.loopback import fresh_ip

NO = "550 5.1.1 no such user"
KNOWN = {"RCPT": NO} | {f"RCPT {name}@one.example": "250 2.1.5 ok" for name in ("ann", "bob", "postmaster")}
ANN, EVE = Address("ann", "one.example"), Address("eve", "one.example")


@pytest.fixture
async def client_server():
    async with NextHop(fresh_ip(), NEXT_HOP_PORT, dict(KNOWN)) as server:
        yield server


@pytest.fixture
async def next_hops():
    hops = NextHops("gateway.test", limits=NextHopLimits(connect_timeout_s=1, reset_timeout_s=1))
    yield hops
    await hops.close()


def policy_for(*servers, domain="one.example"):
    return Policy("one", domain, tuple(Route(server.host, server.port) for server in servers), verifies_addresses=True)


@pytest.mark.parametrize("keywords", [KEYWORDS, ("8BITMIME",)])
async def test_a_server_is_asked_without_sending_it_a_message(client_server, next_hops, keywords):
    client_server.keywords = keywords
    callout = Callout(next_hops.verify)
    policy = policy_for(client_server)
    assert await callout.find(policy, ANN) is Existence.FOUND
    assert await callout.find(policy, EVE) is Existence.UNKNOWN
    assert client_server.connections == 1
    assert client_server.taken == []
    commands = [command for command in client_server.commands if not command.startswith("EHLO")]
    assert [command[:4] for command in commands] == ["MAIL", "RCPT", "RSET"] * 3
    assert commands[0].startswith("MAIL FROM:<>")


async def test_a_connection_that_asked_delivers_next(client_server, next_hops):
    route = policy_for(client_server).routes[0]
    await next_hops.verify(route, EVE, time.monotonic() + 5)
    envelope = Envelope(Address("sam", "sender.example"), (Recipient(ANN),))
    content = MemoryContent(b"Subject: x\r\n\r\nHello\r\n")
    deadline = time.monotonic() + 5
    done = await next_hops.transmit(route, envelope, content, before_dot=lambda: None, deadline=deadline)
    assert done.final is not None
    assert done.final.is_positive
    assert (client_server.connections, len(client_server.taken)) == (1, 1)
    assert client_server.taken[0].recipients == ("ann@one.example",)


@pytest.mark.parametrize(
    "says",
    [
        {"banner": "554 5.3.2 go away"},
        {"banner": CLOSE},
        {"EHLO": CLOSE},
        {"MAIL": "550 5.7.1 no null sender"},
        {"MAIL": "451 4.3.0 later"},
        {"RCPT": "450 4.2.0 greylisted"},
        {"RCPT": "421 4.3.2 shutting down"},
        {"RCPT": CLOSE},
        {"RCPT": "nonsense"},
        {"RCPT": NO},
        {"RCPT": "550 5.7.1 relaying denied"},
        {"banner": HANG},
        {"RCPT": HANG},
    ],
)
async def test_a_server_in_trouble_loses_no_mail(next_hops, says):
    async with NextHop(fresh_ip(), NEXT_HOP_PORT, says) as server:
        callout = Callout(next_hops.verify, CalloutLimits(patience_s=0.5))
        began = time.monotonic()
        assert await callout.find(policy_for(server), EVE) is Existence.TAKEN
        assert time.monotonic() - began < 30


async def test_a_server_that_is_down_loses_no_mail_and_the_next_route_is_asked(client_server, next_hops):
    nobody = NextHop(fresh_ip(), NEXT_HOP_PORT)
    assert await Callout(next_hops.verify).find(policy_for(nobody), EVE) is Existence.TAKEN
    assert await Callout(next_hops.verify).find(policy_for(nobody, client_server), EVE) is Existence.UNKNOWN


async def test_a_pooled_connection_that_has_died_is_replaced(client_server, next_hops):
    client_server.says["RSET"] = lambda times: "250 2.0.0 ok" if times else CLOSE
    callout = Callout(next_hops.verify)
    assert await callout.find(policy_for(client_server), EVE) is Existence.UNKNOWN


async def test_a_server_that_takes_everybody_is_asked_no_more(next_hops):
    async with NextHop(fresh_ip(), NEXT_HOP_PORT) as server:
        callout = Callout(next_hops.verify)
        for number in range(10):
            address = Address(f"u{number}", "one.example")
            assert await callout.find(policy_for(server), address) is Existence.TAKEN
        assert server.asked["RCPT"] == 2


async def test_an_address_that_cannot_be_written_is_taken_without_asking(next_hops):
    async with NextHop(fresh_ip(), NEXT_HOP_PORT, dict(KNOWN), keywords=("PIPELINING",)) as server:
        address = Address("jörg", "one.example")
        assert await Callout(next_hops.verify).find(policy_for(server), address) is Existence.TAKEN
        assert "RCPT" not in server.asked


# -- a reception that asks


@pytest.fixture
async def door(tmp_path, client_server, next_hops):
    """A door of a worker: its port, where nobody ever sends a message to the end."""
    listed = Address("carl", "one.example")
    publish(tmp_path / "policy", PublishedPolicy((policy_for(client_server),), (listed,), ()))
    policies, outages = LmdbPolicies(tmp_path / "policy"), LmdbOutages(tmp_path / "outages")
    callout = Callout(next_hops.verify, CalloutLimits(patience_s=2))
    lobby = Lobby(
        door=Door(Direction.INBOUND, early_talk_wait_s=0, max_connections_per_ip=0),
        hostname="gateway.test",
        certificate=Certificate(),
        recipients=InboundRecipients(policies, outages, next_hops.capabilities, callout=callout),
        acceptance=None,
        buffers=None,
        journal=SimpleNamespace(has_room=True),
        tallies=None,
        has_room=lambda: True,
        open=set(),
        patient={},
    )
    host = fresh_ip()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(lobby), host, 2526)
    yield SimpleNamespace(host=host, lobby=lobby)
    server.close()
    for connection in tuple(lobby.open):
        connection._transport.abort()
    await callout.close()
    close_all()


async def talk(door, *lines):
    reader, writer = await asyncio.open_connection(door.host, 2526)
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    said = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return [line[:9] for line in said.decode().splitlines() if line[3:4] == " "]


async def test_pipelined_recipients_are_answered_in_their_order(door, client_server):
    names = ("ann", "eve", "carl", "bob", "mallory", "Postmaster")
    rcpts = [f"RCPT TO:<{name}@one.example>" for name in names]
    replies = await talk(door, "EHLO a.example", "MAIL FROM:<sam@sender.example>", *rcpts, "RSET", "QUIT")
    assert replies[2:] == [
        "250 2.1.0",
        "250 2.1.5",
        "550 5.1.1",
        "250 2.1.5",
        "250 2.1.5",
        "550 5.1.1",
        "250 2.1.5",
        "250 2.0.0",
        "221 2.0.0",
    ]
    assert not any("carl" in command or "Postmaster" in command for command in client_server.commands)


async def test_a_sender_that_leaves_while_its_recipient_is_asked_for_troubles_nobody(door, client_server):
    client_server.says["RCPT"] = (0.3, NO)
    _, writer = await asyncio.open_connection(door.host, 2526)
    writer.write(b"EHLO a.example\r\nMAIL FROM:<sam@sender.example>\r\nRCPT TO:<eve@one.example>\r\n")
    await client_server.until(lambda: "RCPT" in client_server.asked)
    writer.transport.abort()
    async with asyncio.timeout(20):
        while door.lobby.open:  # noqa: ASYNC110 - nothing tells of a connection's end.
            await asyncio.sleep(0.02)
    replies = await talk(door, "HELO a", "MAIL FROM:<>", "RCPT TO:<eve@one.example>", "QUIT")
    assert replies[-2] == "550 5.1.1"


async def test_one_that_has_ended_its_side_still_hears_the_answer(door):
    reader, writer = await asyncio.open_connection(door.host, 2526)
    writer.write(b"HELO a.example\r\nMAIL FROM:<sam@sender.example>\r\nRCPT TO:<ann@one.example>\r\n")
    writer.write_eof()
    said = await asyncio.wait_for(reader.read(), 30)
    assert said.endswith(b"250 2.1.5 Recipient OK\r\n")
    writer.close()


async def test_a_fault_of_ours_defers_the_recipient(door, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Callout, "find", broken)
    replies = await talk(door, "HELO a", "MAIL FROM:<>", "RCPT TO:<ann@one.example>", "NOOP", "QUIT")
    assert [reply[:3] for reply in replies[-3:]] == ["451", "250", "221"]
