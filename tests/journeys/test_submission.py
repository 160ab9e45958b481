"""Clients' servers at the outbound doors: docs/message-path.md, "Outbound"."""

from __future__ import annotations

import asyncio
import hashlib
import re
import smtplib
import socket
import ssl

import pytest

from ecluse.wire.sasl.scram import make_key, written
from tests.journeys import peers
from tests.journeys.certificates import write_certificate
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, client_table, domains
from tests.journeys.sender import Sender, message, unverified
from tests.loopback import free_port, fresh_ip

SECRET = "kq3vzn5wmx7t2ryhp4cds6jfbe2ag7uo"
TOKEN = "secret-of-the-tenant-0123456789"
BALANCER = fresh_ip()
OFFICE = fresh_ip()  # A network of client "sends" by itself.
SHARED = fresh_ip()  # A network from which many send.


class Submitting:
    """A node with every kind of door and connector."""

    def __init__(self, make_node, folder):
        write_certificate(folder, "mx.gateway.test")
        (folder / "client").mkdir()
        self.client_folder = folder / "client"
        fingerprint = hashlib.sha256(write_certificate(self.client_folder, "mail.sends.test")).hexdigest()
        self.own, self.closed, self.other = domains("sends", 1) + domains("closed", 1) + domains("other", 1)
        policy = client_table("sends", [self.own]) + _connectors(self.own.name, fingerprint)
        policy += client_table("closed", [self.closed], outbound="false")
        policy += client_table("other", [self.other])
        self.tls_port, self.hop = free_port(), fresh_ip()
        tls = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
        outbound = {"listen_tls": [f"127.0.0.1:{self.tls_port}"], "proxy_protocol_from": [BALANCER]}
        self.node = make_node(policy, {"tls": tls, "outbound": outbound, "": {"workers": 1}}, self.hop)

    def world(self):
        return NextHop(self.hop, NEXT_HOP_PORT, {})

    def from_(self, ip):
        return Sender("127.0.0.1", self.node.outbound_port, ip=ip)

    def certificate_of_client(self):
        context = unverified()
        context.load_cert_chain(self.client_folder / "cert.pem", self.client_folder / "key.pem")
        return context

    def account_of(self, message_id):
        """Whom a message counted for."""
        return next(one.account for one in self.node.journal(message_id) if one.account)

    def mail(self, **fields):
        return message(**({"From": self.own.ann} | fields))


def _connectors(domain, fingerprint):
    key = written(make_key(SECRET))
    return f"""
[[clients.connectors]]
name = "printer"
login = "printer@{domain}"
key = "{key}"
account = "login"
[[clients.connectors]]
name = "certified"
certificate = "{fingerprint}"
account = "header"
account_header = "X-Authenticated-User"
[[clients.connectors]]
name = "office"
networks = ["{OFFICE}"]
[[clients.connectors]]
name = "cloud"
networks = ["{SHARED}"]
token = "{hashlib.sha256(TOKEN.encode()).hexdigest()}"
"""


@pytest.fixture(scope="module")
def submitting(make_node, tmp_path_factory):
    return Submitting(make_node, tmp_path_factory.mktemp("submitting"))


@pytest.fixture
async def world(submitting):
    before = len(submitting.node.faults())
    server = await submitting.world().start()
    yield server
    await server.stop()
    assert submitting.node.faults()[before:] == []


def log_in_and_send(submitting, mechanism, *, implicit):
    """A client that knows nothing of us: the standard library's."""
    node, context = submitting.node, unverified()
    if implicit:
        server = smtplib.SMTP_SSL("127.0.0.1", submitting.tls_port, context=context, source_address=(fresh_ip(), 0))
    else:
        server = smtplib.SMTP("127.0.0.1", node.outbound_port, source_address=(fresh_ip(), 0))
    with server:
        server.ehlo("printer.test")
        if not implicit:
            assert not server.has_extn("auth")
            server.starttls(context=context)
            server.ehlo("printer.test")
        server.user, server.password = f"Printer@{submitting.own.name}", SECRET
        code, _ = server.auth(mechanism, getattr(server, f"auth_{mechanism.lower()}"))
        assert code == 235
        server.sendmail(submitting.own.ann, ["bob@world.test"], submitting.mail())


class TestLogin:
    @pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
    @pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "465"])
    async def test_a_device_logs_in_and_its_mail_leaves(self, submitting, world, mechanism, implicit):
        await asyncio.to_thread(log_in_and_send, submitting, mechanism, implicit=implicit)
        (taken,) = await world.takes(1)
        assert (taken.sender, taken.recipients) == (submitting.own.ann, ("bob@world.test",))
        assert b"with ESMTPSA id" in taken.content
        assert f"printer@{submitting.own.name}" in {one.account for one in submitting.node.journal()}

    async def test_without_tls_no_secret_is_heard(self, submitting, world):
        async with submitting.from_(fresh_ip()) as sender:
            assert "AUTH" not in (await sender.greeted()).text
            assert str(await sender.ask("AUTH PLAIN AGFubgBzZWNyZXQ=")).startswith("538 5.7.11 ")

    async def test_nobody_unknown_may_send(self, submitting, world):
        async with submitting.from_(fresh_ip()) as sender:
            await sender.greeted()
            assert str(await sender.ask(f"MAIL FROM:<{submitting.own.ann}>")).startswith("530 5.7.0 ")
            assert str(await sender.ask("MAIL FROM:<>")).startswith("530 5.7.0 ")

    async def test_a_wrong_secret_and_an_unknown_login_get_the_same_answer(self, submitting, world):
        def attempt(login):
            with smtplib.SMTP_SSL(
                "127.0.0.1", submitting.tls_port, context=unverified(), source_address=(fresh_ip(), 0)
            ) as server:
                with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
                    server.login(login, "wrong" + SECRET)
                return refused.value.smtp_code, refused.value.smtp_error

        known = await asyncio.to_thread(attempt, f"printer@{submitting.own.name}")
        assert known == await asyncio.to_thread(attempt, "nobody@nowhere.test")
        assert known == (535, b"5.7.8 Login or secret not valid")
        assert "wrong" + SECRET not in submitting.node.log_text()


class TestPostfix:
    """Debian's Postfix as a client's own server."""

    async def relayed(self, submitting, world, more):
        """A message that goes through it; the account that it counted for."""
        place, content = fresh_ip(), submitting.mail(**{"X-Authenticated-User": "carol"})
        relay = f"relayhost = [127.0.0.1]:{submitting.node.outbound_port}\nsmtp_bind_address = {fresh_ip()}\n"
        with peers.postfix(place, NEXT_HOP_PORT, f"{relay}smtp_tls_security_level = encrypt\n{more}"):
            async with Sender(place, NEXT_HOP_PORT) as sender:
                await sender.greeted()
                mail = f"MAIL FROM:<{submitting.own.ann}>"
                assert (await sender.transact(["bob@world.test"], content, mail=mail))[-1].code == 250
            (taken,) = await world.takes(1, within_s=120)
        own_id = re.search(rb"with ESMTPSA? id ([0-9a-f]{32})", taken.content)[1].decode()
        return submitting.account_of(own_id)

    @pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN", "LOGIN"])
    async def test_it_logs_in(self, submitting, world, mechanism):
        login = f"printer@{submitting.own.name}"
        more = (
            f"smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = static:{login}:{SECRET}\n"
            f"smtp_sasl_tls_security_options = noanonymous\nsmtp_sasl_mechanism_filter = {mechanism.lower()}\n"
        )
        assert await self.relayed(submitting, world, more) == login

    async def test_it_shows_its_certificate(self, submitting, world):
        folder = submitting.client_folder
        more = f"smtp_tls_cert_file = {folder}/cert.pem\nsmtp_tls_key_file = {folder}/key.pem\n"
        assert await self.relayed(submitting, world, more) == "carol"

    async def test_it_sends_from_its_own_network(self, submitting, world):
        assert await self.relayed(submitting, world, f"smtp_bind_address = {OFFICE}\n") == submitting.own.ann


class TestCertificate:
    async def test_a_client_is_known_by_its_certificate_and_tells_its_user(self, submitting, world):
        async with submitting.from_(fresh_ip()) as sender:
            await sender.greeted()
            await sender.start_tls(submitting.certificate_of_client())
            await sender.ask("EHLO mail.sends.test")
            content = submitting.mail(**{"X-Authenticated-User": "Carol"})
            mail = f"MAIL FROM:<{submitting.own.ann}>"
            *_, reply = await sender.transact(["bob@world.test"], content, mail=mail)
            assert reply.code == 250
        (taken,) = await world.takes(1)
        assert b"carol" not in taken.content.lower()
        assert submitting.account_of(reply.id) == "carol"

    async def test_who_shows_one_that_nobody_named_may_still_log_in(self, submitting, world, tmp_path):
        write_certificate(tmp_path, "stranger.test")
        context = unverified()
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        async with submitting.from_(fresh_ip()) as sender:
            await sender.greeted()
            await sender.start_tls(context)
            assert "AUTH SCRAM-SHA-256 PLAIN LOGIN" in (await sender.ask("EHLO stranger.test")).text
            assert (await sender.ask(f"MAIL FROM:<{submitting.own.ann}>")).code == 530


class TestNetwork:
    async def send(self, submitting, ip, content, sender_address):
        async with submitting.from_(ip) as sender:
            await sender.greeted()
            return (await sender.transact(["bob@world.test"], content, mail=f"MAIL FROM:<{sender_address}>"))[-1]

    async def test_a_network_of_its_own_is_enough(self, submitting, world):
        reply = await self.send(submitting, OFFICE, submitting.mail(), submitting.own.ann)
        assert reply.code == 250
        assert submitting.account_of(reply.id) == submitting.own.ann

    async def test_a_bounce_of_the_clients_server_is_taken(self, submitting, world):
        content = submitting.mail(From=f"MAILER-DAEMON@mail.{submitting.own.name}")
        reply = await self.send(submitting, OFFICE, content, "")
        assert reply.code == 250
        assert submitting.node.journal(reply.id)[-1].client == "sends"

    async def test_the_author_has_to_be_the_clients_too(self, submitting, world):
        reply = await self.send(submitting, OFFICE, submitting.mail(From=submitting.other.bob), submitting.own.ann)
        assert str(reply).startswith("550 5.7.1 The domain in From:")

    async def test_no_client_sends_as_another_one(self, submitting, world):
        reply = await self.send(submitting, OFFICE, submitting.mail(), submitting.other.bob)
        assert reply.code in (503, 554)

    async def test_a_shared_network_needs_the_token(self, submitting, world):
        bare = await self.send(submitting, SHARED, submitting.mail(), submitting.own.ann)
        assert "X-Ecluse-Token" in str(bare)
        wrong = await self.send(submitting, SHARED, submitting.mail(**{"X-Ecluse-Token": "guess"}), submitting.own.ann)
        assert wrong.code == 550
        good = await self.send(submitting, SHARED, submitting.mail(**{"X-Ecluse-Token": TOKEN}), submitting.own.ann)
        assert good.code == 250
        (taken,) = await world.takes(1)
        assert TOKEN.encode() not in taken.content

    async def test_a_client_without_the_service_sends_nothing(self, submitting, world):
        async with submitting.node.submitter() as sender:
            await sender.greeted()
            assert str(await sender.ask(f"MAIL FROM:<{submitting.closed.ann}>")).startswith("550 5.7.1 The outbound")


class TestBalancer:
    async def test_a_handshake_that_comes_with_the_header_is_heard(self, submitting, world):
        """A balancer forwards both in one piece."""

        def talk():
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = unverified().wrap_bio(incoming, outgoing, server_hostname="mx.gateway.test")
            with socket.create_connection(("127.0.0.1", submitting.tls_port), 60, (BALANCER, 0)) as raw:
                raw.sendall(f"PROXY TCP4 {OFFICE} 192.0.2.1 4711 465\r\n".encode() + _hello(tls, outgoing))
                while True:
                    incoming.write(raw.recv(65_536))
                    try:
                        tls.do_handshake()
                    except ssl.SSLWantReadError:
                        continue
                    finally:
                        if outgoing.pending:
                            raw.sendall(outgoing.read())
                    break
                while True:
                    try:
                        return tls.read(512)
                    except ssl.SSLWantReadError:
                        incoming.write(raw.recv(65_536))

        assert (await asyncio.to_thread(talk)).startswith(b"220 mx.gateway.test ESMTP")


def _hello(tls, outgoing):
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()
