"""Held bodies of a real node go to a real object store, which may go away and come back; nothing waits for it (design 7)."""

from __future__ import annotations

import os

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.control.mail import quarantine
from ecluse.control.mail.models import CopyState
from ecluse.domain.errors import Unavailable
from ecluse.domain.order import Releaser
from tests.control.cast import ADMIN
from tests.control.following import (
    GTUBE,
    RELEASE_URL,
    SPAM,
    WITHIN_S,
    following,
    in_thread,
    until_held,
)
from tests.control.test_publications import url
from tests.journeys.node import until
from tests.object_store import IS_HERE, ObjectBodies, Swift

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio,
    pytest.mark.peers,
    pytest.mark.skipif(not IS_HERE, reason="no Swift: scripts/install-test-servers"),
    pytest.mark.skipif("ECLUSE_TEST_POSTGRESQL" in os.environ, reason="which database it is makes no difference here"),
]
NODE = "mx1.gateway.test"


@pytest.fixture
def swift(tmp_path):
    folder = tmp_path / "swift"
    folder.mkdir()
    swift = Swift(folder).start()
    yield swift
    swift.stop()


@pytest.fixture
def node(owner, tmp_path, swift):
    folder = tmp_path / "node"
    folder.mkdir()
    tables = {
        "": {"hostname": NODE},
        "control": {"database": url(), "release_url": RELEASE_URL},
        "bodies": swift.settings,
    }
    with following(folder, tables) as node:
        yield node


def octets_held(node):
    return sum(path.stat().st_size for path in (node.data / "held").rglob("*") if path.is_file())


async def test_bodies_go_there_wait_while_it_is_away_and_are_released_and_deleted(node, owner, domain, swift):
    store = ObjectBodies(swift.bucket.connect, NODE)
    letter = SPAM + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 3_000

    def stored():
        return {one.message_id for one in store.stored()}

    assert (await node.send([domain.ann], letter))[-1].code == 550
    [first] = await until_held(1, state=CopyState.HELD)
    await until(lambda: octets_held(node) < 10_000, within_s=WITHIN_S)
    assert stored() == {first.message_id}
    # Sealed, there too.
    assert GTUBE not in b"".join(store.read(first.message_id))

    swift.stop()
    assert (await node.send([domain.ann], letter))[-1].code == 550
    await until_held(2, state=CopyState.HELD)
    await until(lambda: node.log("held bodies wait here: their store did not do what was asked"), within_s=WITHIN_S)
    assert octets_held(node) > len(letter)
    # Without the store its content cannot be had, and is not believed to be damaged.
    held = FolderSpool(node.data / "held", reserve_bytes=0, bodies=store)
    with pytest.raises(Unavailable):
        held.content(first.message_id)
    held.close()

    swift.start()
    await until(lambda: octets_held(node) < 10_000, within_s=WITHIN_S)
    assert len(stored()) == 2
    async with domain.next_hop() as hop:
        await in_thread(quarantine.release, [first], owner, channel=Releaser.ADMINISTRATOR, by=ADMIN)
        await hop.takes(1)
        await until_held(1, state=CopyState.RELEASED)
    assert hop.taken[0].content.endswith(letter.rpartition(b"\r\n\r\n")[2])
    [other] = await until_held(1, state=CopyState.HELD)
    await until(lambda: stored() == {other.message_id}, within_s=WITHIN_S)
    await in_thread(quarantine.delete, [other], owner, by=ADMIN)
    await until(lambda: not stored(), within_s=WITHIN_S)
    assert node.held() == node.faults() == []
