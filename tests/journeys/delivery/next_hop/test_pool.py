"""Connections are used again while they are good, and a dead one is replaced once, before the dot only (design 6.7)."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.journeys.delivery.next_hop.servers import CLOSE, HANG, OK, PLAIN, RESET, Receiver

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


async def until(condition):
    """Wait for what must come within five seconds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the server under the test has no event for each of these
            await asyncio.sleep(0.01)


async def test_one_connection_serves_many_transactions(calling):
    async with Receiver() as receiver, calling(receiver) as caller:
        for _ in range(20):
            assert (await caller.send()).final.code == 250
    assert (receiver.connections, len(receiver.messages)) == (1, 20)


async def test_a_connection_serves_no_more_than_its_share(calling):
    async with Receiver() as receiver, calling(receiver, max_transactions=3) as caller:
        for _ in range(7):
            await caller.send()
        await until(lambda: receiver.commands.count("QUIT") == 2)
    assert (receiver.connections, len(receiver.messages)) == (3, 7)


async def test_an_idle_connection_says_quit_after_its_time(calling):
    async with Receiver() as receiver, calling(receiver, idle_s=0.2) as caller:
        await caller.send()
        await until(lambda: receiver.commands[-1] == "QUIT")
        assert len(caller.next_hops._pool) == 0
        await caller.send()
    assert receiver.connections == 2


async def test_a_connection_idle_for_too_long_is_not_used_again(calling):
    async with Receiver() as receiver, calling(receiver, idle_s=0.0) as caller:
        await caller.send()
        await caller.send()
    assert receiver.connections == 2


async def test_no_more_idle_connections_are_kept_than_the_limits_say(calling):
    async with Receiver({".": (0.05, OK)}) as receiver, calling(receiver, max_idle_per_route=2) as caller:
        await asyncio.gather(*(caller.send() for _ in range(5)))
        assert len(caller.next_hops._pool) == 2
        await until(lambda: receiver.commands.count("QUIT") == 3)
    async with Receiver({".": (0.05, OK)}) as receiver, calling(receiver, max_idle=1) as caller:
        await asyncio.gather(*(caller.send() for _ in range(3)))
        assert len(caller.next_hops._pool) == 1


async def test_closing_says_quit_and_leaves_no_connection(calling):
    async with Receiver() as receiver, calling(receiver) as caller:
        await asyncio.gather(*(caller.send() for _ in range(3)))
        await caller.next_hops.close()
        assert receiver.commands.count("QUIT") == receiver.connections
        assert not caller.next_hops._pool._open


async def test_closing_does_not_wait_for_a_server_that_ignores_quit(calling):
    async with Receiver({"QUIT": (HANG,)}) as receiver, calling(receiver) as caller:
        await caller.send()
        await asyncio.wait_for(caller.next_hops.close(), 20)
        assert receiver.commands[-1] == "QUIT"


async def test_a_connection_closed_while_idle_is_replaced(calling):
    async with Receiver({".": (OK, CLOSE)}) as receiver, calling(receiver) as caller:
        for _ in range(3):
            assert (await caller.send()).final.code == 250
            await asyncio.sleep(0.02)
    assert (receiver.connections, len(receiver.messages), caller.dots) == (3, 3, 3)


async def test_a_connection_that_said_421_while_idle_is_replaced(calling):
    async with Receiver({".": (OK, 0.02, b"421 4.4.2 idle\r\n", HANG)}) as receiver, calling(receiver) as caller:
        await caller.send()
        await asyncio.sleep(0.1)
        assert (await caller.send()).final.code == 250
    assert receiver.connections == 2


@pytest.mark.parametrize("keywords", [PLAIN, ("SIZE",)], ids=str)
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("acts", [(CLOSE,), (RESET,), (b"421 4.3.2 shutting down\r\n", CLOSE)], ids=str)
async def test_a_pooled_connection_that_turns_out_dead_is_replaced_once(calling, keywords, stage, acts):
    async with Receiver(keywords=keywords) as receiver, calling(receiver) as caller:
        await caller.send()
        receiver.says = {stage: acts}
        failed = await caller.send()
        assert receiver.connections == 2
        receiver.says = {}
        await caller.send()
        receiver.says = {stage: acts}

        async def recover():
            await until(lambda: receiver.connections == 4)
            receiver.says = {}

        receiver.says["greeting"] = (0.05, b"220 mx.test\r\n")
        recovery = asyncio.create_task(recover())
        replaced = await caller.send()
        await recovery
    assert not failed.dot_sent
    assert failed.final is None or failed.final.code == 421
    assert replaced.final.code == 250
    assert (len(receiver.messages), caller.dots) == (3, 3)


async def test_a_pooled_connection_that_dies_amid_the_content_is_replaced(calling):
    content = b"x" * 8_000_000
    async with Receiver() as receiver, calling(receiver) as caller:
        await caller.send()
        receiver.says = {"content": (RESET,)}
        sending = asyncio.create_task(caller.send(content))
        receiver.content_begins.clear()
        await receiver.content_begins.wait()
        await until(lambda: receiver.connections == 2)
        transmission = await sending
    assert (transmission.dot_sent, transmission.final) == (False, None)
    assert (receiver.connections, caller.dots) == (2, 1)


async def test_nothing_is_sent_again_once_the_dot_was(calling):
    async with Receiver() as receiver, calling(receiver) as caller:
        await caller.send()
        for acts in ((CLOSE,), (RESET,)):
            receiver.says = {".": acts}
            transmission = await caller.send()
            assert (transmission.final, transmission.dot_sent) == (None, True)
            receiver.says = {}
            await caller.send()
    assert (len(receiver.messages), caller.dots) == (5, 5)


async def test_a_refusal_over_a_pooled_connection_that_then_closes_is_not_tried_again(calling):
    async with Receiver(keywords=("SIZE",)) as receiver, calling(receiver) as caller:
        await caller.send()
        receiver.says = {"MAIL": (b"550 5.7.1 enough of you\r\n", CLOSE)}
        transmission = await caller.send()
    assert (transmission.sender_reply.code, receiver.connections) == (550, 1)


async def test_a_silent_pooled_connection_is_not_replaced_after_its_time(calling):
    async with Receiver() as receiver, calling(receiver) as caller:
        await caller.send()
        receiver.says = {"MAIL": (HANG,)}
        transmission = await caller.send(patience_s=0.5)
    assert "out of time" in transmission.trouble
    assert receiver.connections == 1


async def test_commands_do_not_wait_for_delayed_acknowledgements(calling):
    async with Receiver() as receiver, calling(receiver) as caller:
        await caller.send()
        (connection,) = caller.next_hops._pool._open
        plug = connection._transport.get_extra_info("socket")
        assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_transactions_side_by_side_do_not_mix(calling):
    async with Receiver({".": (0.01, OK)}) as receiver, calling(receiver) as caller:
        contents = [b"Subject: %d\r\n\r\n" % number for number in range(50)]
        transmissions = await asyncio.gather(*(caller.send(content) for content in contents))
    assert {transmission.final.code for transmission in transmissions} == {250}
    assert sorted(receiver.messages) == sorted(contents)
