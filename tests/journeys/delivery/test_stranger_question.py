"""The one question to a client's old server: over a real connection, without a message, and to the Internet alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from ecluse.domain.address import Address
from ecluse.domain.stranger import Ending
from ecluse.entrypoints.stranger_question import StrangersQuestion
from tests.loopback import free_port

PAUL = Address("paul", "one.example")


@asynccontextmanager
async def server(answers):
    """Answers each command by its first word, 250 where nothing else is said; what it heard is yielded with its port."""
    heard = []

    async def serve(reader, writer):
        writer.write(answers.get("", b"220 old.example\r\n"))
        while line := await reader.readline():
            heard.append(line.strip().decode())
            writer.write(answers.get(line.split()[0].decode().upper(), b"250 2.0.0 Ok\r\n"))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as running:
        yield running.sockets[0].getsockname()[1], heard


async def addresses(name):
    return {"inner.example": ("10.0.0.1", "127.0.0.1")}.get(name, (name,))


async def ask(port, *, is_vouched=True, host="127.0.0.1"):
    return await asyncio.to_thread(StrangersQuestion("mx.example", addresses, (), is_vouched).ask, host, port, PAUL)


async def test_it_ends_before_any_message():
    async with server({}) as (port, said):
        heard = await ask(port)
    assert (heard.ending, heard.said.code, heard.seen_as) == (Ending.ANSWERED, 250, "127.0.0.1")
    assert said == ["EHLO mx.example", "MAIL FROM:<>", "RCPT TO:<paul@one.example>", "RSET"]


@pytest.mark.parametrize("verb", ["", "RCPT"])
async def test_a_refusal_is_heard_at_the_door_and_at_the_recipient(verb):
    async with server({verb: b"554 5.7.1 Only our gateway\r\n"}) as (port, _):
        heard = await ask(port)
    assert (heard.ending, str(heard.said)) == (Ending.ANSWERED, "554 5.7.1 Only our gateway")


async def test_what_is_no_answer_about_us_is_none():
    async with server({"MAIL": b"550 5.7.1 No null sender\r\n"}) as (port, _):
        assert (await ask(port)).ending is Ending.BROKEN_OFF
    assert (await ask(free_port())).ending is Ending.NOBODY_LISTENS


@pytest.mark.parametrize("host", ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "inner.example"])
async def test_nobody_asks_inner_addresses_through_us(host):
    async with server({}) as (port, said):
        assert (await ask(port, is_vouched=False, host=host)).ending is Ending.NOT_PUBLIC
    assert said == []


def test_behind_a_translation_of_addresses_only_the_operator_knows_who_was_seen():
    assert StrangersQuestion("mx.example", addresses)._seen_as("10.0.0.4") == ""
    assert StrangersQuestion("mx.example", addresses)._seen_as("8.8.8.8") == "8.8.8.8"
    both = StrangersQuestion("mx.example", addresses, ("9.9.9.9", "2620:fe::fe"))
    assert (both._seen_as("10.0.0.4"), both._seen_as("fd00::4")) == ("9.9.9.9", "2620:fe::fe")
