"""Postfix's own test sink takes our mail in every mood that it can be put into."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.delivery.next_hop.conftest import envelope_to
from tests.journeys.delivery.next_hop.servers import Receiver
from tests.loopback import free_port

SINK = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"

USER = ("-u", "root") if os.geteuid() == 0 else ()  # It refuses to be root unless told so.

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not Path(SINK).exists(), reason="smtp-sink (Debian package postfix) is not installed"),
]


@asynccontextmanager
async def sink(*options):
    """A sink on a free loopback port, as a receiver that `calling` can be pointed at."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        SINK, *USER, *options, f"127.0.0.1:{port}", "100", stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _listens(port)
        yield Receiver(port=port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listens(port):
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        await writer.wait_closed()
        return
    pytest.fail("smtp-sink did not come up")


@pytest.mark.parametrize("options", [(), ("-p",), ("-8",), ("-e",)], ids=str)
async def test_messages_of_all_sizes_arrive(calling, tmp_path, options):
    content = b"Subject: x\r\n\r\n" + b".dots\r\nline\r\n" * 100_000
    async with sink("-D", str(tmp_path / "taken"), *options) as receiver, calling(receiver) as caller:
        transmissions = [await caller.send(size, envelope_to("bob", "eve")) for size in (content, b"x\r\n", content)]
    assert [transmission.final.code for transmission in transmissions] == [250] * 3
    taken = (tmp_path / "taken").read_bytes().replace(b"\r\n", b"\n")
    assert taken.count(content.replace(b"\r\n", b"\n")) == 2


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(("option", "first_digit"), [("-r", 4), ("-f", 5)])
async def test_a_sink_that_refuses_is_quoted(calling, verb, option, first_digit):
    async with sink(option, verb) as receiver, calling(receiver) as caller:
        transmission = await caller.send()
    said = transmission.final or transmission.recipient_replies.get("bob@b.example")
    said = transmission.sender_reply if verb == "MAIL" else said
    assert said.code // 100 == first_digit
    assert transmission.is_route_trouble == (verb == "MAIL")
    assert transmission.dot_sent == (verb == ".")


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_a_sink_that_hangs_up_leaves_no_answer(calling, verb):
    async with sink("-q", verb) as receiver, calling(receiver) as caller:
        transmission = await caller.send()
    assert transmission.final is None
    assert transmission.trouble
    assert transmission.dot_sent == (verb == ".")


async def test_a_slow_sink_is_waited_for(calling):
    async with sink("-W", "DATA:1") as receiver, calling(receiver) as caller:
        transmission = await caller.send()
    assert transmission.final.code == 250


async def test_a_sink_that_refuses_amid_the_content_is_heard(calling):
    async with sink("-A", "0") as receiver, calling(receiver) as caller:
        transmission = await caller.send(b"x" * 16_000_000)
    assert transmission.final is None or transmission.final.is_permanent
    assert not transmission.is_route_trouble
    assert (transmission.dot_sent, caller.dots) == (False, 0)
