"""Memories of two nodes that share what they see through a real Redis; without it each remembers by itself."""

import asyncio
import threading

import pytest
import uvloop

from ecluse.adapters.counters import store as store_module
from ecluse.adapters.counters.exchange import NodeCounters, listen
from ecluse.adapters.counters.keys import SALT_OCTETS
from ecluse.adapters.counters.store import Store
from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.valkey.sightings import SharedSightings, agree_on_salt
from ecluse.domain.history import Kind, Sighting
from tests.contract.counters.contract import AT, NETWORK, CountersContract, eventually
from tests.counter_server import PROGRAM, Redis

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(PROGRAM is None, reason="no redis-server: scripts/install-test-servers"),
]
SALT = b"s" * SALT_OCTETS


class Node:
    """The agent of one node, in a thread."""

    def __init__(self, folder, server, salt=SALT):
        folder.mkdir(exist_ok=True)
        self.folder, self.server, self.salt = folder, server, salt
        self.away = []
        self.counters = NodeCounters(Store(folder / "memories", salt, is_writer=False), folder)
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._serve()))
        self._thread.start()
        assert self._is_up.wait(60)

    async def _serve(self):
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        store = Store(self.folder / "memories", self.salt, is_writer=True)
        position = self.folder / "memories" / "position"
        shared = SharedSightings(store, self.salt, self.server, position, self.away.append)
        transport, _ = await listen(store, self.folder, shared.take)
        serving = asyncio.create_task(shared.serve())
        self._is_up.set()
        await self._ending.wait()
        serving.cancel()
        await asyncio.wait([serving])
        transport.close()
        await asyncio.sleep(0)
        store.close()

    def until_there(self):
        eventually(lambda: self.away and not self.away[-1], 60)
        return self

    def until_away(self):
        eventually(lambda: self.away and self.away[-1], 60)

    def knows(self, kind, name):
        return self.counters.find(kind, name) is not None

    def end(self):
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()
        self.counters.close()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("redis")).start()
    yield redis
    redis.stop()


@pytest.fixture
def nodes(tmp_path, redis, monkeypatch):
    monkeypatch.setattr(store_module, "LOOK_EVERY_S", 0.01)
    redis.forget_all()
    pair = [Node(tmp_path / name, redis.server) for name in ("one", "two")]
    yield tuple(node.until_there() for node in pair)
    for node in pair:
        node.end()
    close_all()


class Both:
    """Noted at one node, found at the other."""

    def __init__(self, here, there):
        self.note = here.counters.note
        self.find = there.counters.find
        self.find_each = there.counters.find_each


class TestSharedSightings(CountersContract):
    @pytest.fixture
    def counters(self, nodes):
        return Both(*nodes)


def test_what_both_see_adds_up_once(nodes):
    here, there = nodes
    for number in range(10):
        nodes[number % 2].counters.note((NETWORK,))
    last = (Sighting(Kind.PAIR, "last", AT, good=1.0),)
    here.counters.note(last)
    there.counters.note(last)

    def good(node, kind, name):
        memory = node.counters.find(kind, name)
        return memory.good if memory else 0

    for node in nodes:
        eventually(lambda node=node: good(node, Kind.PAIR, "last") >= 2.0)
        assert good(node, Kind.NETWORK, "192.0.2.0/24") == pytest.approx(10.0)


def test_a_node_that_was_away_hears_what_it_missed_and_its_own_once(tmp_path, redis, nodes):
    here, there = nodes
    there.counters.note((NETWORK,))
    eventually(lambda: here.knows(Kind.NETWORK, "192.0.2.0/24"))
    third = Node(tmp_path / "three", redis.server).until_there()
    eventually(lambda: third.knows(Kind.NETWORK, "192.0.2.0/24"))
    third.end()
    here.counters.note((Sighting(Kind.PAIR, "missed", AT, good=1.0),))
    eventually(lambda: there.knows(Kind.PAIR, "missed"))
    third = Node(tmp_path / "three", redis.server).until_there()
    eventually(lambda: third.knows(Kind.PAIR, "missed"))
    assert third.counters.find(Kind.NETWORK, "192.0.2.0/24").good == pytest.approx(1.0)
    third.end()


def test_without_the_server_a_node_remembers_by_itself_and_tells_it_later(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "LOOK_EVERY_S", 0.01)
    redis = Redis(tmp_path).start()
    here, there = (Node(tmp_path / name, redis.server).until_there() for name in ("one", "two"))
    try:
        redis.stop()
        here.until_away()
        here.counters.note((NETWORK,))
        eventually(lambda: here.knows(Kind.NETWORK, "192.0.2.0/24"))
        assert not there.knows(Kind.NETWORK, "192.0.2.0/24")
        redis.start()
        eventually(lambda: there.knows(Kind.NETWORK, "192.0.2.0/24"), 60)
    finally:
        here.end()
        there.end()
        redis.stop()


def test_no_name_reaches_the_server(nodes, redis):
    here, there = nodes
    here.counters.note((Sighting(Kind.PAIR, "ann@secret.example", AT, good=1.0),))
    eventually(lambda: there.knows(Kind.PAIR, "ann@secret.example"))
    told = redis.say("XRANGE ecluse:sightings - +")
    assert b"seen" in told
    assert b"secret" not in told


def test_what_is_no_sighting_of_ours_is_passed_over(nodes, redis):
    here, there = nodes
    for seen in ("rubbish", "x" * 100_000):
        redis.say(f"XADD ecluse:sightings * by somebody seen {seen}")
    redis.say("XADD ecluse:sightings * nothing here")
    here.counters.note((NETWORK,))
    eventually(lambda: there.knows(Kind.NETWORK, "192.0.2.0/24"))


def test_a_node_that_salts_otherwise_stays_by_itself(tmp_path, redis, nodes):
    stranger = Node(tmp_path / "stranger", redis.server, b"t" * SALT_OCTETS)
    stranger.until_away()
    assert asyncio.run(agree_on_salt(redis.server, b"t" * SALT_OCTETS, 5.0)) == SALT
    stranger.end()
    del nodes
