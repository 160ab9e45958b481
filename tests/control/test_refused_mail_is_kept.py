"""A real node tells a blocked sender where to free his mail, and keeps it so that nobody there can read it (1-6)."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import count

import pytest
from django_scopes import scope

from ecluse.control.keystore import master
from ecluse.control.mail import held, quarantine
from ecluse.control.mail.models import CopyState, HeldCopy
from ecluse.control.tenants import services
from ecluse.domain.order import Releaser
from ecluse.domain.policy import Route
from ecluse.domain.release_token import token_digest
from tests.contract.scanner.contract import EICAR
from tests.control.cast import ADMIN, client
from tests.control.test_node_follows import in_thread
from tests.control.test_publications import url
from tests.journeys.node import NEXT_HOP_PORT, Domain, Node, until
from tests.loopback import fresh_ip

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
SPAM = b"From: Eve <eve@sender.test>\r\nSubject: A secret offer\r\n\r\n" + GTUBE + b"\r\n"
RELEASE_URL = "https://release.gateway.test/r/"
_numbers = count()


@pytest.fixture
def domain():
    return Domain(f"refusing{next(_numbers)}.example", [fresh_ip()])


@pytest.fixture
def owner(domain, tmp_path, settings):
    master.make_master_key(tmp_path / "master.key")
    settings.ECLUSE_MASTER_KEY = str(tmp_path / "master.key")
    owner = client()
    with scope(client=owner):
        row = services.add_domain(owner, domain.name, [Route(domain.hosts[0], NEXT_HOP_PORT)], by=ADMIN)
        for name in ("ann", "bob"):
            services.add_address(row, name, by=ADMIN)
        yield owner


@pytest.fixture
def node(owner, tmp_path):
    node = Node(tmp_path, "", {"control": {"database": url(), "release_url": RELEASE_URL}})
    del node.settings["policy"]["file"]
    node.start()
    yield node
    node.stop()


async def _copies(**wanted):
    return await in_thread(lambda: list(HeldCopy.objects.select_related("message", "order").filter(**wanted)))


async def _until_copies(number, **wanted):
    deadline = time.monotonic() + 60
    while len(found := await _copies(**wanted)) != number:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


async def test_a_blocked_sender_is_told_and_his_mail_released_once(node, owner, domain):
    reply = str((await node.send([domain.ann, domain.bob], SPAM))[-1])
    assert reply.startswith("550 5.7.1 ")
    token = re.search(re.escape(RELEASE_URL) + r"([\w-]{22})$", reply)[1]
    copies = await _until_copies(2, state=CopyState.HELD)
    assert {each.category for each in copies} == {"Q"}
    assert bytes(copies[0].message.token) == token_digest(token)
    opener = await in_thread(held.opener_of, owner)
    assert (await in_thread(held.summary_of, copies[0].message, opener)).subject == "A secret offer"
    # Neither the message nor the token can be read on the node.
    everything = b"".join(path.read_bytes() for path in node.data.rglob("*") if path.is_file())
    for word in (token.encode(), b"secret offer", GTUBE):
        assert word not in everything
    [outcome] = node.journal()
    assert {each.fate for each in outcome.recipients} == {"refused"}
    async with domain.next_hop() as hop:
        await in_thread(quarantine.release, copies[:1], owner, channel=Releaser.SENDER, by=ADMIN)
        await until(lambda: hop.taken, within_s=60)
        await _until_copies(1, state=CopyState.RELEASED, recipient=copies[0].recipient)
        assert len(hop.taken) == 1
    [taken] = hop.taken
    assert taken.recipients == (copies[0].recipient,)
    assert taken.content.endswith(GTUBE + b"\r\n")
    assert len(await _copies(state=CopyState.HELD)) == 1


async def test_what_is_refused_for_good_is_not_kept(node, domain):
    virus = b"From: Eve <eve@sender.test>\r\nSubject: x\r\n\r\n" + EICAR + b"\r\n"
    reply = str((await node.send([domain.ann], virus))[-1])
    assert reply.startswith("550 ")
    assert "http" not in reply
    assert node.held() == []


async def test_nobody_reads_the_answer_to_a_bounce(node, domain):
    reply = str((await node.send([domain.ann], SPAM, mail="MAIL FROM:<>"))[-1])
    assert reply.startswith("550 ")
    assert "http" not in reply
    assert len(node.held()) == 1
    [copy] = await _until_copies(1)
    assert copy.message.token is None
