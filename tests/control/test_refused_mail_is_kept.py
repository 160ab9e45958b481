"""A real node tells a blocked sender where to free his mail, and keeps it so that nobody there can read it (1-6)."""

from __future__ import annotations

import re

import pytest

from ecluse.control.mail import held, quarantine
from ecluse.control.mail.models import CopyState
from ecluse.domain.order import Releaser
from ecluse.domain.release_token import token_digest
from tests.contract.scanner.contract import EICAR
from tests.control.cast import ADMIN
from tests.control.following import (
    GTUBE,
    RELEASE_URL,
    SPAM,
    following,
    held_copies,
    in_thread,
    until_held,
)
from tests.control.test_publications import url
from tests.journeys.node import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
def node(owner, tmp_path):
    with following(tmp_path, {"control": {"database": url(), "release_url": RELEASE_URL}}) as node:
        yield node


async def test_a_blocked_sender_is_told_and_his_mail_released_once(node, owner, domain):
    reply = str((await node.send([domain.ann, domain.bob], SPAM))[-1])
    assert reply.startswith("550 5.7.1 ")
    token = re.search(re.escape(RELEASE_URL) + r"([\w-]{22})$", reply)[1]
    copies = await until_held(2, state=CopyState.HELD)
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
        await until_held(1, state=CopyState.RELEASED, recipient=copies[0].recipient)
        assert len(hop.taken) == 1
    [taken] = hop.taken
    assert taken.recipients == (copies[0].recipient,)
    assert taken.content.endswith(GTUBE + b"\r\n")
    assert len(await held_copies(state=CopyState.HELD)) == 1


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
    [copy] = await until_held(1)
    assert copy.message.token is None
