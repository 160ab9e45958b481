"""From the first octet to the last: docs/message-path.md, "Connection", and what a node bears."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import struct
import time
from pathlib import Path

import pytest

from tests.journeys.certificates import write_certificate
from tests.journeys.node import client_table, domains, until
from tests.journeys.sender import Gone, Sender, message
from tests.loopback import fresh_ip

BALANCER = "127.91.0.1"
PROXY = "127.91.0.2"
MEGABYTE = 1_048_576


@pytest.fixture(scope="module")
def strict(make_node, tmp_path_factory):
    """One worker with short times, low limits and a certificate."""
    folder = tmp_path_factory.mktemp("tls")
    write_certificate(folder, "first.test")
    settings = {
        "": {"workers": 1},
        "inbound": {
            "early_talk_wait_s": 0.4,
            "max_connections_per_ip": 3,
            "command_timeout_s": 3,
            "data_timeout_s": 3,
            "min_octets_per_s": 10_000,
            "proxy_protocol_from": [BALANCER],
            "xclient_from": [PROXY],
        },
        "tls": {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")},
    }
    served = domains("strict", 12)
    node = make_node(client_table("strict", served), settings, outbound_hop=served[0].hosts[0])
    node.free_domains = served
    node.tls_folder = folder
    return node


@pytest.fixture
def node(strict):
    before = len(strict.faults())
    yield strict
    assert strict.faults()[before:] == []


@pytest.fixture
def domain(strict):
    return strict.free_domains.pop()


def sender_from(node, ip):
    return Sender("127.0.0.1", node.port, ip=ip)


def behind_balancer(node, ip):
    """A connection of the balancer, with a PROXY header in its first octets."""
    return _Proxied("127.0.0.1", node.port, ip=BALANCER, header=f"PROXY TCP4 {ip} 192.0.2.1 4711 25\r\n".encode())


class _Proxied(Sender):
    def __init__(self, *place, header, **more):
        super().__init__(*place, **more)
        self._header = header

    async def __aenter__(self):
        await super().__aenter__()
        self.write(self._header)
        return self


class TestGreeting:
    async def test_who_speaks_first_is_turned_away(self, node):
        async with sender_from(node, "127.90.0.1") as sender:
            sender.write(b"EHLO spammer.test\r\n")
            reply = await sender.reply()
            assert (reply.code, reply.text.split()[0]) == (554, "5.5.0")
            assert await sender.is_closed()

    async def test_who_has_waited_once_is_greeted_at_once(self, node):
        began = time.monotonic()
        async with sender_from(node, "127.90.0.2") as sender:
            assert (await sender.reply()).code == 220
        assert time.monotonic() - began >= 0.4
        greeted_before_strangers = [await self._is_greeted_before_a_stranger(node, "127.90.0.2") for _ in range(5)]
        assert statistics.median(greeted_before_strangers)

    async def _is_greeted_before_a_stranger(self, node, ip):
        """The stranger came first."""
        async with sender_from(node, fresh_ip()) as stranger, sender_from(node, ip) as known:
            waiting = asyncio.create_task(stranger.reply())
            assert (await known.reply()).code == 220
            was_first = not waiting.done()
            assert (await waiting).code == 220
        return was_first

    async def test_where_nobody_can_log_in_the_outbound_door_is_for_known_networks(self, shared):
        async with Sender("127.0.0.1", shared.node.outbound_port, ip="127.90.0.3") as sender:
            reply = await sender.reply()
            assert (reply.code, reply.text.split()[0]) == (554, "5.7.1")
            assert await sender.is_closed()

    async def test_ehlo_offers_what_we_do(self, node):
        async with node.sender() as sender:
            offered = (await sender.greeted()).text.split("\n")[1:]
        async with node.submitter() as sender:
            outbound = (await sender.greeted()).text.split("\n")[1:]
        expected = [
            "PIPELINING",
            "SIZE 52428800",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            "CHUNKING",
            "STARTTLS",
        ]
        assert offered == expected
        assert outbound == [*expected, "DSN"]


class TestLimits:
    async def test_one_sender_has_its_share_of_connections(self, node):
        async with sender_from(node, "127.90.1.1") as one, sender_from(node, "127.90.1.1") as two:
            async with sender_from(node, "127.90.1.1") as three:
                assert [(await each.reply()).code for each in (one, two, three)] == [220] * 3
                async with sender_from(node, "127.90.1.1") as four, sender_from(node, "127.90.1.2") as other:
                    assert str(await four.reply()).startswith("421 4.7.0 ")
                    assert await four.is_closed()
                    assert (await other.reply()).code == 220
            await until_greeted(lambda: sender_from(node, "127.90.1.1"))

    async def test_the_node_has_a_limit_of_its_own(self, make_node):
        limited = make_node(
            client_table("limited", domains("limited", 1)), {"": {"workers": 1}, "inbound": {"max_connections": 2}}
        )
        async with limited.sender() as one, limited.sender() as two, limited.sender() as three:
            assert [(await each.reply()).code for each in (one, two)] == [220, 220]
            assert str(await three.reply()).startswith("421 4.7.0 ")
        await until_greeted(limited.sender)

    async def test_a_peer_that_does_not_read_our_answers_cannot_fill_our_memory(self, node, domain):
        line = f"RCPT TO:<bob@{domain.name}>\r\n".encode()
        async with node.sender() as sender:
            await sender.greeted()
            await sender.pipeline("MAIL FROM:<ann@sender.test>")
            before = memory_kb(node.children()[0])
            sender.writer.transport.set_write_buffer_limits(high=0)

            async def push():
                for _ in range(1_000):
                    sender.write(line * 10_000)
                    await sender.writer.drain()

            with pytest.raises((TimeoutError, ConnectionError)):
                await asyncio.wait_for(push(), 3)
            assert memory_kb(node.children()[0]) - before < 8_192


async def until_greeted(connect):
    """Connect again and again, until a place is free."""
    async with asyncio.timeout(30):
        while True:
            async with connect() as sender:
                if (await sender.reply()).code == 220:
                    return
            await asyncio.sleep(0.05)


def memory_kb(pid, what="VmRSS"):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


class TestWhoItIs:
    @pytest.mark.parametrize(
        "header",
        [
            b"PROXY TCP4 198.51.100.7 192.0.2.1 4711 25\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H4s4sHH", 12, b"\xc6\x33\x64\x07", b"\xc0\0\2\1", 4711, 25),
        ],
        ids=["v1", "v2"],
    )
    async def test_a_balancer_names_the_sender(self, node, domain, header):
        async with domain.next_hop() as hop, _Proxied("127.0.0.1", node.port, ip=BALANCER, header=header) as sender:
            await sender.greeted()
            reply = (await sender.transact([domain.bob], message()))[-1]
            assert reply.code == 250
            assert b"from client.test ([198.51.100.7])" in hop.taken[0].content
        assert node.journal(reply.id)[-1].ip == "198.51.100.7"

    async def test_a_header_may_come_in_pieces(self, node):
        async with _Proxied("127.0.0.1", node.port, ip=BALANCER, header=b"PROXY TCP4 198.51.") as sender:
            await asyncio.sleep(0.1)
            sender.write(b"100.8 192.0.2.1 4711 25\r\n")
            assert (await sender.reply()).code == 220

    @pytest.mark.parametrize(
        "header", [b"EHLO client.test\r\n", b"PROXY TCP4 not an address\r\n", b"\r\n\r\n\0\r\nQUIT\n\xff\xff\0\0"]
    )
    async def test_from_a_balancer_that_says_nonsense_nothing_is_taken(self, node, header):
        async with _Proxied("127.0.0.1", node.port, ip=BALANCER, header=header) as sender:
            assert await sender.is_closed()

    async def test_the_header_of_a_stranger_is_only_early_talk(self, node):
        async with _Proxied("127.0.0.1", node.port, ip="127.90.2.1", header=b"PROXY UNKNOWN\r\n") as sender:
            assert (await sender.reply()).code == 554

    async def test_the_senders_behind_a_balancer_are_counted_and_the_balancer_is_not(self, node):
        connections = [behind_balancer(node, f"198.51.100.{20 + number // 2}") for number in range(6)]
        for each in connections:
            await each.__aenter__()
        try:
            assert [(await each.reply()).code for each in connections] == [220] * 6
        finally:
            for each in connections:
                await each.__aexit__()

    async def test_xclient_names_the_sender_for_listed_proxies_only(self, node, domain):
        async with domain.next_hop(), sender_from(node, PROXY) as sender:
            assert "XCLIENT NAME ADDR PORT PROTO HELO" in (await sender.greeted()).text
            assert (await sender.ask("XCLIENT ADDR=198.51.100.9 NAME=relay.test")).code == 220
            await sender.ask("EHLO behind.test")
            reply = (await sender.transact([domain.bob], message()))[-1]
            assert reply.code == 250
        last = node.journal(reply.id)[-1]
        assert (last.ip, last.helo) == ("198.51.100.9", "behind.test")
        async with node.sender() as stranger:
            await stranger.greeted()
            assert (await stranger.ask("XCLIENT ADDR=198.51.100.9")).code == 502


class TestTime:
    async def test_silence_ends_the_session(self, node):
        async with node.sender() as sender:
            await sender.greeted()
            assert str(await sender.reply()).startswith("421 4.4.2 ")
            assert await sender.is_closed()

    async def test_commands_that_we_answer_are_no_silence(self, node):
        async with node.sender() as sender:
            await sender.greeted()
            for _ in range(6):
                await asyncio.sleep(0.6)
                assert (await sender.ask("NOOP")).code == 250

    async def test_a_command_that_drips_is_silence(self, node):
        async with node.sender() as sender:
            await sender.greeted()
            replying = asyncio.create_task(sender.reply())
            while not replying.done():
                sender.write(b"x")
                await asyncio.sleep(0.2)
            assert str(await replying).startswith("421 4.4.2 ")

    async def test_silence_in_a_message_ends_the_session(self, node, domain):
        async with node.sender() as sender:
            await sender.greeted()
            await sender.pipeline("MAIL FROM:<>", f"RCPT TO:<{domain.bob}>", "DATA")
            sender.write(b"Subject: half a mess")
            assert str(await sender.reply()).startswith("421 4.4.2 ")
        assert node.spooled(domain.name) == []

    async def test_a_message_that_drips_is_cut(self, node, domain):
        async with node.sender() as sender:
            await sender.greeted()
            await sender.pipeline("MAIL FROM:<>", f"RCPT TO:<{domain.bob}>", "DATA")
            replying = asyncio.create_task(sender.reply())
            while not replying.done():
                sender.write(b"x")
                await asyncio.sleep(0.1)
            assert str(await replying).startswith("421 4.4.2 ")

    async def test_the_wait_for_our_verdict_is_no_silence(self, node, domain):
        async with domain.next_hop({".": (3.5, "250 2.0.0 ok")}) as hop:
            assert (await node.send([domain.bob], message()))[-1].code == 250
            assert len(hop.taken) == 1

    async def test_who_has_closed_its_sending_side_still_hears_the_answer(self, node, domain):
        async with domain.next_hop({".": (0.3, "250 2.0.0 ok")}), node.sender() as sender:
            await sender.greeted()
            await sender.pipeline("MAIL FROM:<>", f"RCPT TO:<{domain.bob}>", "DATA")
            sender.write(message() + b".\r\n")
            sender.writer.write_eof()
            assert (await sender.reply()).code == 250
            assert await sender.is_closed(within_s=10)


class TestTls:
    async def test_a_message_inside_tls(self, node, domain):
        async with domain.next_hop() as hop, node.sender() as sender:
            await sender.greeted()
            await sender.start_tls()
            assert "STARTTLS" not in (await sender.ask("EHLO client.test")).text
            reply = (await sender.transact([domain.bob], message()))[-1]
            assert reply.code == 250
            assert b"with ESMTPS id" in hop.taken[0].content
        assert node.journal(reply.id)[-1].tls.startswith("TLSv1.3 TLS_")

    async def test_what_was_said_in_the_clear_is_forgotten(self, node):
        async with node.sender() as sender:
            await sender.greeted()
            await sender.start_tls()
            assert (await sender.ask("MAIL FROM:<ann@sender.test>")).code == 503

    async def test_a_handshake_that_fails_keeps_no_place(self, node):
        for _ in range(5):
            async with behind_balancer(node, "198.51.100.30") as sender:
                await sender.greeted()
                assert (await sender.ask("STARTTLS")).code == 220
                sender.write(b"this is no handshake\r\n" * 10)
                assert await _hears_no_reply(sender)
        await until_greeted(lambda: behind_balancer(node, "198.51.100.30"))

    async def test_a_peer_that_leaves_in_the_handshake_keeps_no_place(self, node):
        for _ in range(5):
            async with behind_balancer(node, "198.51.100.31") as sender:
                await sender.greeted()
                assert (await sender.ask("STARTTLS")).code == 220
        await until_greeted(lambda: behind_balancer(node, "198.51.100.31"))

    async def test_sighup_reloads_the_certificate_and_a_broken_one_changes_nothing(self, node):
        async def shown():
            async with node.sender() as sender:
                await sender.greeted()
                await sender.start_tls()
                return sender.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)

        before = await shown()
        second = write_certificate(node.tls_folder, "second.test")
        assert await shown() == before
        node.signal(signal.SIGHUP)
        await until_reached(shown, second)
        (node.tls_folder / "key.pem").write_text("nonsense")
        node.signal(signal.SIGHUP)
        await until(lambda: node.log("certificate not reloaded"))
        assert await shown() == second


async def until_reached(ask, wanted):
    for _ in range(600):
        if await ask() == wanted:
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not come about in time")


async def _hears_no_reply(sender):
    """Whether the connection ends; a TLS alert may come before."""
    try:
        async with asyncio.timeout(20):
            await sender.reader.read()
    except ConnectionResetError:
        return True
    return sender.reader.at_eof()


class TestProcesses:
    async def test_a_worker_that_is_killed_is_replaced_and_its_connections_count_no_more(self, make_node):
        served = domains("killed", 1)
        node = make_node(client_table("killed", served), {"": {"workers": 1}, "inbound": {"max_connections_per_ip": 2}})
        worker = node.children()[0]
        async with sender_from(node, "127.90.3.1") as one, sender_from(node, "127.90.3.1") as two:
            assert [(await each.reply()).code for each in (one, two)] == [220, 220]
            node.kill(worker)
            assert await one.is_closed()
            assert await two.is_closed()
        for _ in range(2):
            await until_greeted(lambda: sender_from(node, "127.90.3.1"))
        died = node.log("process died")
        assert [(one["job"], one["pid"], one["status"]) for one in died] == [("reception-0", worker, -9)]
        async with served[0].next_hop() as hop:
            assert (await node.send([served[0].bob], message()))[-1].code == 250
            assert len(hop.taken) == 1

    async def test_sigterm_lets_transactions_end_and_says_goodbye_to_the_idle(self, make_node):
        served = domains("drained", 1)[0]
        node = make_node(client_table("drained", [served]))
        async with served.next_hop({".": (1.0, "250 2.0.0 ok")}) as hop, node.sender() as idle, node.sender() as busy:
            await idle.greeted()
            await busy.greeted()
            sending = asyncio.create_task(busy.transact([served.bob], message()))
            await hop.until(lambda: hop.asked.get("."))
            node.signal(signal.SIGTERM)
            assert str(await idle.reply()).startswith("421 4.3.2 ")
            assert (await sending)[-1].code == 250
            assert str(await busy.reply()).startswith("421 4.3.2 ")
            began = time.monotonic()
            assert await asyncio.to_thread(node.stop) == 0
            assert time.monotonic() - began < 20
            assert len(hop.taken) == 1
        assert node.faults() == []
        assert node.log("ended")

    async def test_ctrl_c_reaches_the_whole_group_and_breaks_no_transaction(self, make_node):
        served = domains("interrupted", 1)[0]
        node = make_node(client_table("interrupted", [served]))
        async with served.next_hop({".": (1.0, "250 2.0.0 ok")}) as hop:
            sending = asyncio.create_task(node.send([served.bob], message()))
            await hop.until(lambda: hop.asked.get("."))
            for pid in (*node.children(), node.process.pid):
                os.kill(pid, signal.SIGINT)
            assert (await sending)[-1].code == 250
            assert await asyncio.to_thread(node.stop) == 0
            assert len(hop.taken) == 1
        assert node.log("process died") == []
        assert node.faults() == []

    async def test_nobody_waits_in_vain_for_a_node_that_ends(self, make_node):
        """A transaction under way holds the end up; who connects meanwhile is refused, and not left in a queue."""
        served = domains("refused", 1)[0]
        node = make_node(client_table("refused", [served]))
        may_answer = asyncio.Event()
        async with served.next_hop({".": (may_answer, "250 2.0.0 ok")}) as hop:
            sending = asyncio.create_task(node.send([served.bob], message()))
            await hop.until(lambda: hop.asked.get("."))
            node.signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                while True:
                    try:
                        async with node.sender() as late:
                            await late.reply(within_s=0.2)
                    except ConnectionRefusedError:
                        break
                    except (Gone, TimeoutError):
                        await asyncio.sleep(0.02)
            may_answer.set()
            assert (await sending)[-1].code == 250
        assert await asyncio.to_thread(node.stop) == 0

    async def test_a_message_of_fifty_megabytes_streams_through(self, node, domain):
        content = message(body="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n" * 815_000)
        assert 49 * MEGABYTE < len(content) < 50 * MEGABYTE
        worker = node.children()[0]
        before = memory_kb(worker)
        async with domain.next_hop() as hop, node.sender() as sender:
            await sender.greeted()
            assert (await sender.transact([domain.bob], content))[-1].code == 250
            assert hop.taken[0].content.endswith(content)
        assert memory_kb(worker, "VmHWM") - before < 24_576

    async def test_more_than_fifty_megabytes_are_refused(self, node, domain):
        piece = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n" * 16_384
        async with domain.next_hop() as hop, node.sender() as sender:
            await sender.greeted()
            await sender.pipeline("MAIL FROM:<>", f"RCPT TO:<{domain.bob}>", "DATA")
            sender.write(message())
            for _ in range(50):
                sender.write(piece)
                await sender.writer.drain()
            sender.write(b"\r\n.\r\n")
            assert str(await sender.reply()).startswith("552 5.3.4 ")
            assert hop.connections == 0
