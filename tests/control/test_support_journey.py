"""A client's mail goes over SMTP to a real node and ends as a ticket; the answer leaves by a node; what comes back goes on with it."""

from __future__ import annotations

import asyncio
import time
from email import message_from_bytes, policy

import pytest
from django_scopes import scope

from ecluse.control.support import arrivals, queries, tickets
from ecluse.control.support.desk import Desk
from ecluse.control.tenants import services
from ecluse.domain.policy import Route
from ecluse.entrypoints import worker_jobs
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.notations import DomainName, Endpoint
from tests.contract.authoritative import NameServer
from tests.control.cast import ADMIN, OPERATOR, client
from tests.control.following import WITHIN_S, following, fresh_domain, in_thread
from tests.control.test_publications import url
from tests.control.test_tickets import HOURS
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT
from tests.journeys.senders_world import BANK, BANK_IP, World, signed
from tests.loopback import fresh_ip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
# In pieces, so that no scanner takes this file for the test file itself.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
DATE = b"Date: Wed, 25 Nov 2026 08:00:00 +0000\r\n"


@pytest.fixture
def world():
    server = NameServer(World())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def home():
    """The provider's own domain, a client of itself."""
    return fresh_domain()


@pytest.fixture
def clients(home):
    provider, bank = client("Provider"), client("Bank")
    with scope(client=provider):
        own = services.add_domain(provider, home.name, [Route(home.hosts[0], NEXT_HOP_PORT)], by=ADMIN)
        services.add_address(own, "support", by=ADMIN)
    with scope(client=bank):
        services.add_domain(bank, "bank.test", [Route(fresh_ip(), NEXT_HOP_PORT)], by=ADMIN)
    return provider, bank


@pytest.fixture
def node(clients, home, world, tmp_path):
    del clients  # Published before it starts.
    tables = {
        "": {"workers": 1},
        "control": {"database": url()},
        "support": {"address": home.support},
        "inbound": {"xclient_from": ["127.0.0.0/8"]},
        "dns": {"nameservers": [f"127.0.0.1:{world.port}"]},
    }
    with following(tmp_path, tables, outbound_hop=fresh_ip()) as running:
        yield running


@pytest.fixture
def works(node, home, tmp_path, settings):
    """One look of the worker's, with mail through the node's outbound door."""
    settings.ECLUSE_SUPPORT = Desk(home.support, HOURS, 14, 30, 365)
    through = Endpoint(f"127.0.0.1:{node.outbound_port}")
    own = Settings(
        hostname=DomainName("mx.gateway.test"),
        data_dir=tmp_path / "worker",
        web=Web(url="http://testserver", mail_through=through),
    )

    async def look():
        await in_thread(worker_jobs.JOBS["support mail"].work, own)

    return look


def mail(home, text, *, author=b"Ann <ann@bank.test>", fields=b""):
    head = b"From: %b\r\nTo: %b\r\nSubject: Mail is late\r\n" % (author, home.support.encode())
    return head + DATE + fields + b"\r\n" + text + b"\r\n"


async def arrive(node, home, content, ip=BANK_IP, envelope="ann@bank.test"):
    """The last answer."""
    async with node.sender() as sender:
        await sender.greeted()
        await sender.ask(f"XCLIENT ADDR={ip}")
        await sender.ask("EHLO mail.bank.test")
        return (await sender.transact([home.support], content, f"MAIL FROM:<{envelope}>"))[-1]


async def told(works, is_so):
    """What the control plane says once it is so."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        await works()
        if found := await in_thread(is_so):
            return found
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.5)


def of_bank():
    return [(each.client.name, each.requester, each.state) for each in queries.tickets_everywhere()]


def words_of(ticket):
    with scope(client=ticket.client):
        return [each.text for each in queries.entries_of(ticket, with_notes=True)]


async def test_a_mail_becomes_a_ticket_its_answer_is_delivered_and_the_reply_lands_in_it(node, home, works):
    async with home.next_hop() as mailbox, NextHop(node.outbound_hop, NEXT_HOP_PORT) as sink:
        asked = signed(mail(home, b"Since noon.", fields=b"Message-ID: <q1@bank.test>\r\n"), BANK)
        assert (await arrive(node, home, asked)).code == 250
        assert (await mailbox.takes(1))[0].content.endswith(asked)  # The mail itself goes its usual way.
        assert await told(works, of_bank) == [("Bank", "ann@bank.test", "new")]
        [ticket] = await in_thread(queries.tickets_everywhere)

        receipt = (await sink.takes(1))[0]
        assert (receipt.sender, receipt.recipients) == ("", ("ann@bank.test",))
        await in_thread(answer, ticket)
        await works()
        await works()
        reply = (await sink.takes(2))[1]
        parsed = message_from_bytes(reply.content, policy=policy.default)
        assert (reply.sender, reply.recipients) == (home.support, ("ann@bank.test",))
        assert parsed["In-Reply-To"] == "<q1@bank.test>"
        assert "We look into it." in parsed.get_content()

        thread = b"In-Reply-To: %b\r\nMessage-ID: <q2@bank.test>\r\n" % parsed["Message-ID"].encode()
        assert (await arrive(node, home, signed(mail(home, b"Thank you.", fields=thread), BANK))).code == 250
        assert await told(works, lambda: len(words_of(ticket)) == 3 and words_of(ticket)) == [
            "Since noon.",
            "We look into it.",
            "Thank you.",
        ]
        assert await in_thread(of_bank) == [("Bank", "ann@bank.test", "open")]
        assert len(sink.taken) == 2
    assert node.faults() == []


def answer(ticket):
    with scope(client=ticket.client):
        tickets.answer(ticket, "We look into it.", by=OPERATOR)


async def test_spam_becomes_no_ticket_and_who_is_not_proven_waits_unanswered(node, home, works):
    async with home.next_hop(), NextHop(node.outbound_hop, NEXT_HOP_PORT) as sink:
        assert (await arrive(node, home, signed(mail(home, b"prize " + GTUBE), BANK))).code == 550
        stranger = mail(home, b"Hello.", author=b"ann@far.example")
        assert (await arrive(node, home, stranger, "203.0.113.80", "ann@far.example")).code == 250
        [waiting] = await told(works, lambda: list(arrivals.unsorted()))
        assert (waiting.sender, waiting.proven, waiting.text) == ("ann@far.example", "", "Hello.")
        assert await in_thread(of_bank) == []
        assert sink.taken == []
    assert node.faults() == []
