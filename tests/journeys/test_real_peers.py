"""Postfix, Exim and swaks send through us; Postfix and smtp-sink are what we hand on to."""

from __future__ import annotations

import asyncio
import subprocess

import pytest

from ecluse.domain.event import Ending
from tests.journeys import peers
from tests.journeys.certificates import server_context, write_certificate
from tests.journeys.node import NEXT_HOP_PORT, client_table, domains, until
from tests.journeys.sender import Sender, message
from tests.loopback import free_port

pytestmark = pytest.mark.peers

BODIES = {
    "small": "How are you?\r\n",
    "dots": ".\r\n..\r\n...dots\r\n.\r\n",
    "long lines": "x" * 990 + "\r\n",
    "eight bits": "Ça va très bien, merci.\r\n",
    "large": "0123456789abcdef\r\n" * 60_000,
}


def subjects(hop):
    return sorted(one.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in hop.taken)


def body_of(taken):
    return taken.content.split(b"\r\n\r\n", 1)[1].decode()


class TestPostfixSends:
    @pytest.fixture
    def place(self, node):
        port = free_port()
        with peers.postfix("127.0.0.1", port, f"relayhost = [127.0.0.1]:{node.port}\n"):
            yield "127.0.0.1", port

    async def submit(self, place, recipients, content):
        async with Sender(*place) as sender:
            await sender.greeted()
            assert (await sender.transact(recipients, content))[-1].code == 250

    async def test_every_kind_of_message_arrives_once_and_unchanged(self, domain, place):
        async with domain.next_hop() as hop:
            for subject, body in BODIES.items():
                await self.submit(place, [domain.bob, domain.cy], message(subject, body))
            await hop.takes(len(BODIES), within_s=60)
            assert subjects(hop) == sorted(BODIES)
            for one in hop.taken:
                assert set(one.recipients) == {domain.bob, domain.cy}
                assert body_of(one) == BODIES[one.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode()]

    async def test_a_burst_arrives_complete(self, domain, place):
        async with domain.next_hop() as hop:
            await asyncio.gather(*[self.submit(place, [domain.bob], message(str(one))) for one in range(60)])
            await hop.takes(60, within_s=60)
            assert subjects(hop) == sorted(map(str, range(60)))

    async def test_what_we_defer_comes_again_and_arrives_once(self, node, domain, place):
        says = {
            ".": lambda times: ("451 4.3.0 later", "close", "250 2.0.0 ok")[min(times, 2)],
            "RCPT": lambda times: "450 4.2.1 busy" if times == 0 else "250 2.1.5 ok",
        }
        async with domain.next_hop(says) as hop:
            await self.submit(place, [domain.bob], message("deferred"))
            await hop.takes(1, within_s=60)
            assert hop.asked["."] == 3
        assert node.spooled(domain.name) == []

    async def test_recipients_of_two_clients_take_two_transactions(self, shared, domain, place):
        other = shared.domain()
        async with domain.next_hop() as hop, other.next_hop() as second:
            async with Sender(*place) as sender:
                await sender.greeted()
                await sender.transact([domain.bob, other.bob, domain.cy, other.cy], message("two"))
            await hop.takes(1, within_s=60)
            await second.takes(1, within_s=60)
            await until(lambda: sum(len(one.recipients) for one in hop.taken + second.taken) == 4)
        assert {who for one in hop.taken for who in one.recipients} == {domain.bob, domain.cy}
        assert {who for one in second.taken for who in one.recipients} == {other.bob, other.cy}


class TestEximSends:
    async def test_every_kind_of_message_arrives_once_and_unchanged(self, node, domain):
        async with domain.next_hop() as hop:
            with peers.exim(node.port) as send:
                for subject, body in BODIES.items():
                    await asyncio.to_thread(send, "ann@sender.test", [domain.bob, domain.cy], message(subject, body))
            assert subjects(hop) == sorted(BODIES)
            for one in hop.taken:
                assert set(one.recipients) == {domain.bob, domain.cy}
                assert body_of(one) == BODIES[one.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode()]

    async def test_it_hears_what_we_say_and_brings_what_we_deferred_again(self, node, domain):
        says = {
            ".": lambda times: "451 4.3.0 later" if times == 0 else "250 2.0.0 ok",
            f"RCPT {domain.cy}": "550 5.1.1 no such user",
        }
        async with domain.next_hop(says) as hop:
            with peers.exim(node.port) as send:
                log = await asyncio.to_thread(send, "ann@sender.test", [domain.bob], message("deferred"))
                assert "451 4.3.0 The next hop said: later" in log
                await asyncio.sleep(1.1)  # Exim's own retry time.
                await asyncio.to_thread(send.run_queue)
                log = await asyncio.to_thread(send, "ann@sender.test", [domain.cy], message("refused"))
                assert "550 5.1.1 The next hop said: no such user" in log
            assert subjects(hop) == ["deferred"]


class TestPostfixIsTheNextHop:
    @pytest.fixture
    def mailbox(self, domain):
        """bob's mailbox; nobody else has one."""
        with peers.open_folder() as folder:
            folder.chmod(0o777)
            (folder / "boxes").write_text(f"{domain.bob} bob\n")
            more = (
                f"virtual_mailbox_domains = {domain.name}\n"
                f"virtual_mailbox_base = {folder}\n"
                f"virtual_mailbox_maps = texthash:{folder}/boxes\n"
                "virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\n"
                "virtual_mailbox_limit = 0\nsmtpd_client_connection_count_limit = 5\n"
            )
            with peers.postfix(domain.hosts[0], NEXT_HOP_PORT, more):
                yield folder / "bob"

    async def test_mail_ends_in_the_mailbox_and_unknown_users_are_refused(self, node, domain, mailbox):
        for subject, body in BODIES.items():
            assert (await node.send([domain.bob], message(subject, body)))[-1].code == 250
        reply = (await node.send([domain.cy], message()))[-1]
        assert (reply.code, reply.text.split()[0]) == (550, "5.1.1")
        await until(lambda: mailbox.exists() and mailbox.read_bytes().count(b"\nSubject: ") == len(BODIES))
        assert BODIES["dots"].encode().replace(b"\r\n", b"\n") in mailbox.read_bytes()
        assert node.spooled(domain.name) == []

    async def test_more_connections_than_it_allows_cost_no_message(self, node, domain, mailbox):
        replies = await asyncio.gather(*[node.send([domain.bob], message(str(one))) for one in range(40)])
        assert {one[-1].code for one in replies} == {250}
        await until(
            lambda: mailbox.exists() and mailbox.read_bytes().count(b"\nSubject: ") == 40, within_s=30, every_s=0.1
        )
        await until(lambda: not node.spooled(domain.name), within_s=60)
        assert mailbox.read_bytes().count(b"\nSubject: ") == 40


class TestSmtpSinkIsTheNextHop:
    @pytest.mark.parametrize(
        ("options", "code", "fate"),
        [
            ((), 250, Ending.RELAYED),
            (("-w", "1"), 250, Ending.RELAYED),
            (("-e",), 250, Ending.RELAYED),  # No ESMTP.
            (("-p",), 250, Ending.RELAYED),  # No pipelining.
            (("-f", "rcpt"), 550, Ending.REJECTED_BY_NEXT_HOP),
            (("-r", "rcpt"), 451, Ending.DEFERRED),
            (("-f", "data"), 550, Ending.REJECTED_BY_NEXT_HOP),
            (("-r", "data"), 451, Ending.DEFERRED),
            (("-f", "."), 550, Ending.REJECTED_BY_NEXT_HOP),
            (("-r", "."), 451, Ending.DEFERRED),
            (("-q", "."), 451, Ending.DEFERRED),
            (("-r", "mail"), 250, Ending.SPOOLED),
            (("-q", "mail"), 250, Ending.SPOOLED),
            (("-q", "rcpt"), 250, Ending.SPOOLED),
            (("-q", "data"), 250, Ending.SPOOLED),
            (("-q", "connect"), 250, Ending.SPOOLED),
            (("-q", "ehlo"), 250, Ending.SPOOLED),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
    )
    async def test_its_answer_becomes_ours(self, node, domain, options, code, fate):
        with peers.smtp_sink(domain.hosts[0], NEXT_HOP_PORT, *options) as folder:
            reply = (await node.send([domain.bob], message()))[-1]
            assert reply.code == code
            if fate is Ending.RELAYED:
                (taken,) = folder.iterdir()
                assert b"Subject: hello" in taken.read_bytes()
        endings = [who.fate for one in node.journal() for who in one.recipients if who.address == domain.bob]
        assert endings[0] is fate
        if fate is Ending.SPOOLED:
            async with domain.next_hop() as hop:
                await hop.takes(1)
                await until(lambda: not node.spooled(domain.name))
                assert len(hop.taken) == 1
        assert node.spooled(domain.name) == []


@pytest.fixture(scope="module")
def secured(make_node, tmp_path_factory):
    """A node with a certificate, behind a balancer at 127.92.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    write_certificate(folder, "gateway.test")
    served = domains("swaks", 4)
    node = make_node(
        client_table("swaks", served),
        {
            "inbound": {"proxy_protocol_from": ["127.92.0.1"]},
            "tls": {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")},
        },
    )
    node.free_domains = served
    return node


class TestSwaks:
    async def swaks(self, node, recipient, *options):
        peers.need("swaks")
        command = ["swaks", "--server", f"127.0.0.1:{node.port}", "--from", "ann@sender.test", "--to", recipient]
        done = await asyncio.to_thread(
            subprocess.run, [*command, *options], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (("--tls",), b"with ESMTPS id"),
            (("--pipeline",), b"with ESMTP id"),
            (
                [
                    "--proxy-version",
                    "1",
                    "--proxy-family",
                    "TCP4",
                    "--proxy-source",
                    "198.51.100.9",
                    "--proxy-source-port",
                    "4711",
                    "--proxy-dest",
                    "192.0.2.1",
                    "--proxy-dest-port",
                    "25",
                    "--local-interface",
                    "127.92.0.1",
                ],
                b"[198.51.100.9]",
            ),
            (
                [
                    "--proxy-version",
                    "2",
                    "--proxy-family",
                    "AF_INET",
                    "--proxy-source",
                    "198.51.100.8",
                    "--proxy-source-port",
                    "4711",
                    "--proxy-dest",
                    "192.0.2.1",
                    "--proxy-dest-port",
                    "25",
                    "--local-interface",
                    "127.92.0.1",
                    "--tls",
                ],
                b"[198.51.100.8]",
            ),
        ],
        ids=["tls", "pipeline", "proxy v1", "proxy v2 and tls"],
    )
    async def test_its_dialog_succeeds(self, secured, options, expected):
        domain = secured.free_domains.pop()
        async with domain.next_hop() as hop:
            await self.swaks(secured, domain.bob, *options)
            assert expected in hop.taken[0].content


async def test_a_next_hop_that_offers_tls_gets_it(node, domain, tmp_path):
    async with domain.next_hop(tls=server_context(tmp_path, "mx.test")) as hop:
        assert (await node.send([domain.bob], message()))[-1].code == 250
        assert "(TLS)" in hop.commands
        assert len(hop.taken) == 1
