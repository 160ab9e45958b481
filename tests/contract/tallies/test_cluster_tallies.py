"""Tallies over two nodes and a real Redis; without it each node counts by itself."""

import asyncio
import threading

import pytest

from ecluse.adapters.memory.tallies import SharedTallies
from ecluse.adapters.valkey import tallies as tallies_module
from ecluse.adapters.valkey.tallies import ClusterTallies
from tests.contract.counters.contract import eventually
from tests.contract.tallies.contract import TalliesContract
from tests.counter_server import PROGRAM, Redis

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(PROGRAM is None, reason="no redis-server: scripts/install-test-servers"),
]
IP = "ip:192.0.2.1"


class Process:
    """One process of a node of its own, in a thread; what it is asked is answered before the next line."""

    def __init__(self, server):
        self.away = []
        self._loop = asyncio.new_event_loop()
        self.tallies = ClusterTallies(_own_tallies(), server, self.away.append)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        self._serving = self._loop.create_task(self.tallies.serve())
        self._loop.run_forever()
        self._loop.close()

    def until_there(self):
        eventually(lambda: self.away and not self.away[-1], 60)
        return self

    def until_away(self):
        eventually(lambda: self.away and self.away[-1], 60)

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    async def _enter(self, key, limit):
        answer = self.tallies.enter(key, limit)
        return answer if isinstance(answer, bool) else await answer

    async def _enter_all(self, key, limit, number):
        return await asyncio.gather(*(self._enter(key, limit) for _ in range(number)))

    def enter(self, key, limit):
        return self.do(self._enter(key, limit))

    def enter_all(self, key, limit, number):
        """At the same time; how many are in."""
        return sum(self.do(self._enter_all(key, limit, number)))

    def leave(self, key):
        async def left():
            self.tallies.leave(key)
            # What is asked is answered in its order: after this the server knows of it.
            await self._enter("flush", 0)
            self.tallies.leave("flush")

        self.do(left())

    def end(self, *, says_goodbye=True):
        async def ended():
            self._serving.cancel()
            await asyncio.wait([self._serving])
            if says_goodbye:
                await self.tallies.close()

        self.do(ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def _own_tallies():
    """With a secret under which the contract's keys have a column each; else some share one now and then."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("secrets.token_bytes", bytes)
        return SharedTallies(1, 4_096).bind(0)


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("redis")).start()
    yield redis
    redis.stop()


@pytest.fixture
def processes(redis):
    """Makes pairs; the one before is gone when the next one comes."""
    pair = []

    def end():
        while pair:
            pair.pop().end()

    def new():
        end()
        redis.forget_all()
        pair.extend(Process(redis.server) for _ in range(2))
        return tuple(one.until_there() for one in pair)

    yield new
    end()


class TestClusterTallies(TalliesContract):
    @pytest.fixture
    def new(self, processes):
        return processes


def test_a_limit_that_is_reached_half_here_and_half_there_holds_everywhere(processes):
    here, there = processes()
    assert (here.enter_all(IP, 10, 5), there.enter_all(IP, 10, 5)) == (5, 5)
    assert not here.enter(IP, 10)
    assert not there.enter(IP, 10)


def test_of_twenty_at_once_on_each_node_exactly_as_many_are_in_as_the_limit_says(processes):
    pair = processes()
    inside = [0, 0]
    work = [
        threading.Thread(target=lambda who=who: inside.__setitem__(who, pair[who].enter_all(IP, 13, 20)))
        for who in (0, 1)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert sum(inside) == 13


def test_who_says_good_bye_leaves_his_places_at_once(processes, redis):
    here, _ = processes()
    other = Process(redis.server).until_there()
    assert other.enter(IP, 1)
    assert not here.enter(IP, 1)
    other.end()
    assert here.enter(IP, 1)


def test_a_process_that_dies_takes_its_part_with_it(processes, redis, monkeypatch):
    here, _ = processes()
    monkeypatch.setattr(tallies_module, "STAY_S", 1)
    dying = Process(redis.server).until_there()
    assert dying.enter(IP, 1)
    dying.end(says_goodbye=False)
    eventually(lambda: here.enter(IP, 1), 60)


def test_a_server_that_has_forgotten_all_is_told_what_is_open(processes, redis):
    here, there = processes()
    assert here.enter_all(IP, 3, 2) == 2
    redis.forget_all()
    told = len(here.away)
    eventually(lambda: len(here.away) >= told + 2 and not here.away[-1], 60)
    assert there.enter(IP, 3)
    assert not there.enter(IP, 3)


def test_without_the_server_each_node_counts_by_itself_and_with_it_again_together(tmp_path):
    redis = Redis(tmp_path).start()
    here, there = (Process(redis.server).until_there() for _ in range(2))
    try:
        assert here.enter_all(IP, 4, 2) == 2
        redis.stop()
        # Nobody is turned away because the server does not answer; the node's own limit holds.
        assert there.enter(IP, 4)
        there.until_away()
        assert [there.enter(IP, 4) for _ in range(4)] == [True, True, True, False]
        here.until_away()
        assert here.enter(IP, 4)
        here.leave(IP)
        redis.start()
        here.until_there()
        there.until_there()
        # Two here, four there: both know it.
        assert not here.enter(IP, 6)
        assert here.enter(IP, 7)
    finally:
        here.end()
        there.end()
        redis.stop()


def test_a_server_that_takes_no_password_of_ours_is_away(tmp_path, redis):
    wrong = tmp_path / "password"
    wrong.write_text("another")
    process = Process(type(redis.server)(redis.server.url, wrong))
    process.until_away()
    assert process.enter(IP, 1)
    assert not process.enter(IP, 1)
    process.end()


async def test_a_sender_who_leaves_while_he_is_counted_keeps_no_place(redis):
    redis.forget_all()
    tallies = ClusterTallies(SharedTallies(1, 4_096).bind(0), redis.server, lambda _: None)
    serving = asyncio.create_task(tallies.serve())
    async with asyncio.timeout(60):
        while isinstance(answer := tallies.enter("ready", 0), bool):  # noqa: ASYNC110 - the port has no event for it.
            await asyncio.sleep(0.01)
        await answer
    asked = asyncio.create_task(tallies.enter(IP, 1))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    async with asyncio.timeout(60):
        while not ((answer := tallies.enter(IP, 1)) and (answer is True or await answer)):  # noqa: ASYNC110 - as above.
            await asyncio.sleep(0.01)
    serving.cancel()
    await asyncio.wait([serving])
    await tallies.close()
