"""Contents of held mail that leave the folder: nothing changes for who reads, and the folder stays the truth."""

from __future__ import annotations

import asyncio
import time

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible, InUse, Unavailable
from ecluse.domain.queue import Fate
from ecluse.entrypoints import body_jobs
from ecluse.entrypoints.body_jobs import MOST_FAILURES, BodyMover
from tests.contract.spool.contract import ANN, BOB, LATER, fate_of, queued
from tests.object_store import MemoryStore, ObjectBodies

OCTETS = bytes(range(256)) * 3_000
SEALED = {"seal": b"key", "is_held": True}


@pytest.fixture
def bodies():
    store = MemoryStore()
    return ObjectBodies(lambda: store, "a.example")


@pytest.fixture
def held(tmp_path, bodies):
    spool = FolderSpool(tmp_path, reserve_bytes=0, bodies=bodies)
    yield spool
    spool.close()


def kept(held, count=1, **changes):
    messages = [queued(**{**SEALED, **changes}) for _ in range(count)]
    for message in messages:
        asyncio.run(held.keep(message, MemoryContent(OCTETS)))
    return messages


def ids(bodies):
    return {one.message_id for one in bodies.stored()}


def test_nothing_changes_for_who_reads(held, tmp_path, bodies):
    [message] = kept(held)
    before = held.content(message.id)
    step = fate_of(ANN, Fate.DELETED)
    after = asyncio.run(held.record(message.id, step))
    assert held.send_away(message.id)
    assert held.send_away(message.id)
    assert ids(bodies) == {message.id}
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 2_000
    again = FolderSpool(tmp_path, reserve_bytes=0, bodies=bodies)
    for spool in (held, again):
        assert spool.read(message.id) == after
        assert b"".join(spool.content(message.id).chunks()) == OCTETS
    again.close()
    assert b"".join(before.chunks()) == OCTETS  # Who had it open reads on.
    later = asyncio.run(held.record(message.id, LATER))
    assert later.attempts == after.attempts + 1
    assert not asyncio.run(held.record(message.id, fate_of(BOB, Fate.DELETED))).waiting
    assert held.read(message.id) is None


def test_what_is_not_sealed_or_in_hand_stays(held, bodies):
    [open_one], [mine] = kept(held, seal=b""), kept(held)
    assert not held.send_away(open_one.id)
    with held.lock(mine.id), pytest.raises(InUse):
        held.send_away(mine.id)
    assert b"".join(held.content(mine.id).chunks()) == OCTETS
    assert not held.send_away("m-of-nobody")
    assert open_one.id not in ids(bodies)


def _locked(held, message_id):
    with held.lock(message_id):
        return held.read(message_id)


@pytest.mark.parametrize(
    "act", [_locked, lambda held, message_id: asyncio.run(held.record(message_id, LATER))], ids=["lock", "record"]
)
def test_who_waits_for_the_file_finds_its_successor(held, monkeypatch, act):
    """Opened before, locked after: neither an order nor a step may believe that the message is gone."""
    [message] = kept(held)
    find, moved = held._find, []

    def slow(message_id, flags):
        found = find(message_id, flags)
        if not moved:
            moved.append(message_id)
            assert held.send_away(message_id)
        return found

    monkeypatch.setattr(held, "_find", slow)
    assert act(held, message.id).waiting
    assert moved


def test_a_store_that_lies_or_is_unknown_costs_nothing_here(held, tmp_path, bodies):
    [message] = kept(held)
    held.send_away(message.id)
    bodies.keep(message.id, MemoryContent(OCTETS[::-1]))
    with pytest.raises(Impossible, match="in the store"):
        held.content(message.id)
    bodies.remove([message.id])
    with pytest.raises(Impossible, match="not in the store"):
        held.content(message.id)
    without = FolderSpool(tmp_path, reserve_bytes=0)
    with pytest.raises(Unavailable, match=r"bodies\.url"):
        without.content(message.id)
    without.close()
    assert held.read(message.id) == message
    assert not list((tmp_path / "damaged").iterdir())


class TestTheMover:
    def test_it_moves_removes_and_asks_no_more_once_all_is_settled(self, held, bodies, monkeypatch):
        messages, mover = kept(held, 3, destination="one.example"), BodyMover(held, bodies)
        others = kept(held, 1, seal=b"")
        assert mover.look()
        assert ids(bodies) == {one.id for one in messages}
        asyncio.run(held.remove(messages[0].id))
        asyncio.run(held.remove(others[0].id))
        assert mover.look()
        assert ids(bodies) == {one.id for one in messages[1:]}
        stamps = {bucket: stamp - 10 * body_jobs.SETTLED_NS for bucket, stamp in held.stamps().items()}
        monkeypatch.setattr(held, "stamps", lambda: stamps)
        assert mover.look()
        monkeypatch.setattr(held, "ids", None)
        assert mover.look()

    def test_a_store_that_is_away_is_not_asked_for_each_message(self, held, bodies, monkeypatch):
        kept(held, 2 * MOST_FAILURES)
        asked, mover = [], BodyMover(held, bodies)

        def away(message_id, _content):
            asked.append(message_id)
            raise Unavailable("away")

        with monkeypatch.context() as broken:
            broken.setattr(ObjectBodies, "keep", lambda _self, *given: away(*given))
            assert not mover.look()
            assert len(asked) == MOST_FAILURES
            assert not mover.look()
        # Those that failed stand back for the others.
        assert len(set(asked)) == 2 * MOST_FAILURES
        assert mover.look()
        assert len(ids(bodies)) == 2 * MOST_FAILURES

    def test_what_a_crash_left_there_goes_but_not_what_a_lost_folder_left(self, held, bodies, monkeypatch):
        [mine] = kept(held)
        bodies.keep("stray", MemoryContent(b"x"))
        mover = BodyMover(held, bodies)
        assert mover.look()
        assert ids(bodies) == {mine.id}
        asyncio.run(held.remove(mine.id))
        fresh = BodyMover(held, bodies)
        assert fresh.look()
        assert ids(bodies) == {mine.id}
        later = time.time() + 31 * 86_400
        monkeypatch.setattr(time, "time", lambda: later)
        assert BodyMover(held, bodies).look()
        assert ids(bodies) == set()
