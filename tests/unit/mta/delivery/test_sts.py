"""Which MTA-STS policy holds, over days and failures (RFC 8461)."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ecluse.adapters.folder.sts_policies import FolderStsPolicies
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.mta.delivery import sts
from ecluse.mta.delivery.sts import HOLD_OFF_S, REFRESH_S, StsPolicies
from ecluse.ports.sts import NoPolicy
from ecluse.wire.mtasts.policy import StsMode
from tests.journeys.node import until

WEEK = 7 * 86_400


def text(mode="enforce", max_age=WEEK):
    return f"version: STSv1\nmode: {mode}\nmx: mx.d.test\nmax_age: {max_age}\n"


class World:
    """A domain, its record and its policy host, as a test wants them."""

    def __init__(self, folder):
        self.now = 1_000_000.0
        self.id, self.text, self.fetched = "1", text(), 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.store = FolderStsPolicies(folder)
        self.restart()

    def restart(self):
        self.policies = StsPolicies(self, self, self.store, clock=lambda: self.now)

    async def ask(self, name, kind):
        if kind == "TXT" and self.id:
            return Answer(DnsStatus.OK, (f"v=STSv1; id={self.id};".encode(),))
        return Answer(DnsStatus.NXDOMAIN)

    async def fetch(self, domain, addresses):
        await asyncio.sleep(0)
        self.fetched += 1
        await self.answers.wait()
        if self.text is None:
            raise NoPolicy("sts-policy-fetch-error", "away")
        return self.text

    async def mode(self):
        found = await self.policies.find("d.test")
        return found.policy.mode if found.policy else found.fault

    async def refreshed(self):
        """The same once nothing is being fetched any more."""
        await self.mode()
        await until(lambda: not self.policies._under_way)
        return await self.mode()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


async def test_a_policy_is_fetched_once_for_all_who_ask(world):
    modes = await asyncio.gather(*(world.mode() for _ in range(20)))
    assert set(modes) == {StsMode.ENFORCE}
    world.restart()
    assert await world.mode() is StsMode.ENFORCE
    assert world.fetched == 1


async def test_without_a_record_nothing_is_fetched(world):
    world.id = ""
    assert await world.mode() == ""
    assert world.fetched == 0


async def test_another_id_brings_another_policy(world):
    await world.mode()
    world.id, world.text = "2", text("none")
    assert await world.refreshed() is StsMode.NONE


@pytest.mark.parametrize("change", [{"id": ""}, {"id": "2", "text": None}, {"id": "2", "text": "garbage"}], ids=str)
async def test_what_was_promised_holds_to_its_end(world, change):
    await world.mode()
    vars(world).update(change)
    world.now += WEEK - 1
    assert await world.refreshed() is StsMode.ENFORCE
    world.now += 2
    assert await world.mode() is not StsMode.ENFORCE


async def test_a_policy_is_fetched_again_each_day(world):
    await world.mode()
    world.now += REFRESH_S + 1
    world.text = text("testing")
    assert await world.refreshed() is StsMode.TESTING


async def test_a_policy_host_that_is_away_is_not_asked_for_each_message(world):
    world.text = None
    assert await world.mode() == await world.mode() == "sts-policy-fetch-error"
    assert world.fetched == 1
    world.now += HOLD_OFF_S
    world.text = text()
    assert await world.mode() is StsMode.ENFORCE


async def test_what_is_no_policy_is_told_so(world):
    world.text = "mode: enforce"
    assert await world.mode() == "sts-policy-invalid"


async def test_while_a_policy_holds_a_slow_host_keeps_no_mail_waiting(world):
    await world.mode()
    world.id, world.text = "2", text("none")
    world.answers.clear()
    async with asyncio.timeout(20):
        assert [await world.mode() for _ in range(3)] == [StsMode.ENFORCE] * 3
    await until(lambda: world.fetched == 2)  # Once for all of them.
    world.answers.set()
    assert await world.refreshed() is StsMode.NONE


async def test_a_slow_host_is_waited_for_so_long_and_then_left_alone(world, monkeypatch):
    monkeypatch.setattr(sts, "FETCH_S", 0.05)
    world.answers.clear()
    async with asyncio.timeout(20):
        assert set(await asyncio.gather(*(world.mode() for _ in range(5)))) == {"sts-policy-fetch-error"}
        assert await world.mode() == "sts-policy-fetch-error"
    assert world.fetched == 1


async def test_who_gives_up_waiting_takes_the_policy_from_nobody(world):
    world.answers.clear()
    first, second = (asyncio.ensure_future(world.mode()) for _ in range(2))
    await until(lambda: world.fetched)
    first.cancel()
    world.answers.set()
    assert await second is StsMode.ENFORCE
    assert world.fetched == 1


async def test_the_disk_is_waited_for_beside_the_loop(world, monkeypatch):
    keep, threads = world.store.keep, []

    def noting(policy):
        threads.append(threading.current_thread())
        keep(policy)

    monkeypatch.setattr(world.store, "keep", noting)
    assert await world.mode() is StsMode.ENFORCE
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
