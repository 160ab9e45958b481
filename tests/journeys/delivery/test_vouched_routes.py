"""What a client's own route leads to is looked at when we connect: never into the provider's networks (4-3)."""

from __future__ import annotations

import asyncio
import time

import pytest

from ecluse.domain.policy import Route, Tls
from ecluse.mta.delivery import connecting
from ecluse.mta.delivery.connecting import Connector, NoConnection
from ecluse.mta.delivery.limits import NextHopLimits

PATIENCE_S = 20.0


@pytest.fixture
async def port():
    """Of a server that greets, and knows EHLO."""

    async def serve(reader, writer):
        writer.write(b"220 inner.example\r\n")
        await reader.readline()
        writer.write(b"250 inner.example\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def connect(host, port, *, is_vouched):
    connector = Connector("mx.example", NextHopLimits(), lambda _: None, time.monotonic)
    route = Route(host, port, tls=Tls.NEVER, is_vouched=is_vouched)
    connection = await connector.connect(route, time.monotonic() + PATIENCE_S)
    connection.abort()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"])
async def test_a_clients_route_leads_nowhere_within(port, host):
    with pytest.raises(NoConnection, match="no address of the Internet"):
        await connect(host, port, is_vouched=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_what_the_provider_vouches_for_is_reached(port, host):
    await connect(host, port, is_vouched=True)


async def test_of_several_addresses_the_public_ones_are_tried_in_turn(port, monkeypatch):
    async def as_if_public(_connector, _route):
        return ["127.0.0.2", "127.0.0.1"]  # Nobody listens at the first.

    monkeypatch.setattr(connecting.Connector, "_public_addresses", as_if_public)
    await connect("mail.client.example", port, is_vouched=False)
