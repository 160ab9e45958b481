"""The queue of mail to domains of the Internet: it learns, rests, tells, ends, and is fair."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.lmdb.policies import publish
from ecluse.domain.address import Address
from ecluse.domain.detour import Detour
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.event import Ending, SessionEvent
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.policy import Policy
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.queue import Progress, QueuedRecipient
from ecluse.mta.delivery import queue as queue_module
from ecluse.mta.delivery.demands import Demanded, Demands
from ecluse.mta.delivery.exchanges import Exchanges
from ecluse.mta.delivery.source import Source
from ecluse.mta.delivery.sources import Sources, Tier
from tests.journeys.delivery.deliveries import Deliveries
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, until
from tests.loopback import fresh_ip


class Names:
    """Every domain has the server that is given for it, `mx.<domain>` where none is named."""

    def __init__(self):
        self.addresses = {}
        self.exchanges = {}

    async def ask(self, name, kind):
        if kind == "MX" and name in self.exchanges:
            return Answer(DnsStatus.OK, (Mx(10, self.exchanges[name]),))
        if kind == "A" and name in self.addresses:
            return Answer(DnsStatus.OK, (self.addresses[name],))
        return Answer(DnsStatus.NO_DATA)


class World:
    def __init__(self, deliveries, names):
        self.deliveries, self.names = deliveries, names

    def domain(self, name, host="", says=None):
        """A domain whose server is `host`; the server, not started yet."""
        host = host or f"mx.{name}"
        self.names.exchanges[name] = host
        address = self.names.addresses.setdefault(host, fresh_ip())
        return NextHop(address, NEXT_HOP_PORT, says or {})

    async def keep(self, domain, client="home", **more):
        facts = {
            "client": client,
            "destination": domain,
            "recipients": (QueuedRecipient(Address("bob", domain)),),
        }
        return await self.deliveries.keep(Direction.OUTBOUND, **facts | more)

    def notices(self):
        """How many wait in the spool; the queue finds them once its clock goes on."""
        return sum(one.destination == "home.example" for one in self.deliveries.spool.messages())

    def destination(self, domain):
        return self.deliveries.queue._destinations.get((True, domain))

    def waiting(self, domain):
        known = self.destination(domain)
        return known.waiting if known else {}


@pytest.fixture
async def world(tmp_path):
    names = Names()
    exchanges = Exchanges(names, frozenset(), port=NEXT_HOP_PORT, networks=(ip_network("127.0.0.0/8"),))
    deliveries = Deliveries(tmp_path, by_mx=(exchanges, Demands(names, None)), delay_notice_after_s=4 * 3_600.0)
    async with deliveries.running():
        yield World(deliveries, names)


async def test_one_clients_stuck_messages_delay_nobody_elses(world, monkeypatch):
    """The thousands to silent domains take no place for long, and those to a busy one leave every second turn."""
    monkeypatch.setattr(queue_module, "MAX_ATTEMPTS", 20)
    silent = [f"silent{number}.example" for number in range(40)]
    for name in silent:
        world.domain(name)
        for _ in range(10):
            await world.keep(name, client="flood")
    busy = world.domain("busy.example", says={".": (0.05, "250 2.0.0 ok")})
    async with busy:
        for _ in range(150):
            await world.keep("busy.example", client="flood")
        await busy.takes(3)
        await world.keep("busy.example", client="other", sender=Address("eve", "other.example"))
        taken = len(busy.taken)
        await busy.until(lambda: any(one.sender == "eve@other.example" for one in busy.taken))
        assert len(busy.taken) - taken < 50
        quiet = world.domain("quiet.example")
        async with quiet:
            await world.keep("quiet.example", client="other")
            await quiet.takes(1)
    assert world.waiting("silent3.example")


async def test_domains_of_one_provider_share_its_places(world):
    servers = world.domain("one.example", host="mx.shared.example", says={".": (0.1, "250 2.0.0 ok")})
    for name in ("two.example", "three.example"):
        world.domain(name, host="mx.shared.example")
    async with servers:
        for number in range(30):
            await world.keep(("one.example", "two.example", "three.example")[number % 3])
        await servers.takes(30)
    assert servers.most_open <= 10
    assert servers.connections < 25, "connections are used for more than one message, whatever its domain"


async def test_a_server_that_asks_for_less_gets_less(world):
    server = world.domain("strict.example", says={"MAIL": lambda seen: "421 4.7.0 too fast" if seen < 1 else "250 ok"})
    async with server:
        message_id = await world.keep("strict.example")
        await world.deliveries.until_fate(message_id, Ending.DEFERRED)
        await world.keep("strict.example")
        await asyncio.sleep(0.7)
        assert server.asked["MAIL"] == 1
        world.deliveries.later(1)
        await server.takes(2)


async def test_a_silent_domain_is_asked_with_one_message_and_all_of_them_grow_late_and_old(world):
    world.domain("silent.example")
    ids = [await world.keep("silent.example", envid="QQ1") for _ in range(3)]
    await until(lambda: world.deliveries.fates(ids[0]))
    await asyncio.sleep(0.7)
    assert [world.deliveries.fates(each) for each in ids[1:]] == [[], []]
    async with NextHop(world.deliveries.home.host, NEXT_HOP_PORT) as home:
        world.deliveries.later(4.1)
        await until(lambda: world.notices() == 3)
        world.deliveries.later(4.2)
        told = await home.takes(3)
        assert all(b"Action: delayed" in one.content for one in told)
        assert b"Original-Envelope-Id: QQ1" in told[0].content
        await until(lambda: world.notices() == 0)
        world.deliveries.later(5 * 24 + 1)
        await until(lambda: world.notices() == 3)
        world.deliveries.later(5 * 24 + 1.1)
        await home.takes(6)
        assert all(b"Action: failed" in one.content for one in home.taken[3:])
    assert not world.deliveries.outages.find("silent.example")


async def test_a_hold_that_comes_from_outside_is_obeyed_and_so_is_its_end(world):
    server = world.domain("held.example")
    spool, now = world.deliveries.spool, world.deliveries.now
    message_id = await world.deliveries.keep_silently(
        Direction.OUTBOUND,
        id=new_id(),
        destination="held.example",
        recipients=(QueuedRecipient(Address("bob", "held.example")),),
        next_attempt=now + 30,
    )
    world.deliveries.queue.ring(message_id)
    assert message_id in world.waiting("held.example")
    await spool.record(message_id, Progress(now, {}, is_held=True))
    async with server:
        world.deliveries.later(1)
        await until(lambda: message_id not in world.waiting("held.example"))
        assert server.taken == []
        await spool.record(message_id, Progress(now, {}, is_held=False))
        world.deliveries.queue.ring(message_id)
        await server.takes(1)


# --- What waits since there was a smart host, for several domains


def to_two_domains():
    bobs = tuple(QueuedRecipient(Address("bob", domain)) for domain in ("quick.test", "other.test"))
    return {"destination": "outbound", "recipients": bobs}


async def test_what_one_domain_took_is_recorded_while_the_next_is_asked(world, monkeypatch):
    monkeypatch.setattr(queue_module, "DRAIN_S", 0.0)
    async with world.domain("quick.test") as quick, world.domain("other.test", says={".": (60, "250 ok")}) as slow:
        message_id = await world.keep("quick.test", **to_two_domains())
        await slow.until(lambda: slow.asked.get("."))
        assert len(quick.taken) == 1
        message = world.deliveries.spool.read(message_id)
        assert [one.address.domain for one in message.waiting] == ["other.test"]
        assert world.deliveries.fates(message_id) == [Ending.DELIVERED]


async def test_all_domains_are_one_attempt_and_say_nothing_about_a_smart_host(world):
    busy = {"RCPT": "450 4.2.1 busy"}
    async with world.domain("quick.test", says=busy), world.domain("other.test", says=busy):
        message_id = await world.keep("quick.test", **to_two_domains())
        await until(lambda: len(world.deliveries.fates(message_id)) == 2)
        await until(lambda: not world.deliveries.queue._tasks)
    message = world.deliveries.spool.read(message_id)
    assert (message.attempts, len(message.waiting)) == (1, 2)
    assert world.deliveries.outages.find("outbound") is None


async def test_mail_leaves_from_the_address_of_its_tier_and_under_its_name(world):
    good, notices = (Source(fresh_ip(), f"{name}.gateway.test") for name in ("good", "notices"))
    pools = {Tier.GOOD: (good,), Tier.NOTICES: (notices,)}
    locks = LmdbLocks(world.deliveries.folder / "locks")
    deliverer = world.deliveries.deliverer
    bound = replace(deliverer.outward, sources=Sources(pools, locks))
    world.deliveries.queue._deliverer = replace(deliverer, outward=bound)
    async with world.domain("away.test") as server:
        first = await world.keep("away.test")
        await world.deliveries.until_fate(first, Ending.DELIVERED)
        second = await world.keep("away.test", sender=None)
        await world.deliveries.until_fate(second, Ending.DELIVERED)
    locks.close()
    told = {one.id: one.sessions for one in read_events(world.deliveries.folder / "journal") if one.sessions}
    sources = {message_id: [each.source for each in sessions] for message_id, sessions in told.items()}
    assert sources == {first: [good.address], second: [notices.address]}
    # The connection that the first one left open is not the second one's.
    assert server.peers == [good.address, notices.address]
    assert [line for line in server.commands if line.startswith("EHLO")] == [
        f"EHLO {good.hostname}",
        f"EHLO {notices.hostname}",
    ]


async def test_mail_for_a_silent_domain_goes_around_by_order_at_once(world):
    """Its rest of half an hour is about its own servers; when the detour ends, mail goes to them again."""
    deliveries = world.deliveries
    detours = LmdbDetours(deliveries.folder / "detours")
    outward = replace(deliveries.deliverer.outward, detours=detours, clock=lambda: deliveries.now)
    deliveries.queue._deliverer = replace(deliveries.deliverer, outward=outward)
    silent, around = world.domain("silent.test"), NextHop(fresh_ip(), NEXT_HOP_PORT)
    first = await world.keep("silent.test")
    await until(lambda: world.destination("silent.test").rests_until)
    detours.put(Detour("home", "silent.test", around.host, around.port, deliveries.now + 600))
    async with around:
        await deliveries.spool.record(first, Progress(deliveries.now, {}, next_attempt=deliveries.now))
        deliveries.queue.ring(first)
        await around.takes(1)
        await world.keep("silent.test", client="other")
        await world.keep("silent.test")
        await around.takes(2)
    deliveries.now += 3_600
    async with silent:
        await world.keep("silent.test")
        await silent.takes(2)
    detours.close()
    assert len(around.taken) == 2


class Forbidding:
    """No server of any domain may be delivered to."""

    async def of(self, _domain, _found):
        return Demanded((), (SessionEvent("mx.away.test", "dnssec-invalid", policy="tlsa", reason="broken"),))


async def test_a_tls_report_is_delivered_though_the_domains_policy_forbids_it_and_its_session_is_not_told(world):
    """RFC 8460 section 3: what says that TLS fails must not fail for that."""
    deliverer = world.deliveries.deliverer
    world.deliveries.queue._deliverer = replace(deliverer, outward=replace(deliverer.outward, demands=Forbidding()))
    async with world.domain("away.test") as server:
        report = await world.keep("away.test", sender=None, is_tls_optional=True)
        await world.deliveries.until_fate(report, Ending.DELIVERED)
        await world.keep("away.test")
        await until(lambda: world.destination("away.test").rests_until)
    assert [taken.sender for taken in server.taken] == [""]
    [told] = [one for one in read_events(world.deliveries.folder / "journal") if one.id == report]
    assert (told.sessions, told.route_tls) == ((), "")


async def test_a_client_that_wants_it_sends_with_a_signed_return_path_and_hears_of_failures_under_its_own(
    world, tmp_path
):
    home = Policy("home", "home.example", (world.deliveries.home,), signs_return_path=True)
    publish(tmp_path / "policy", PublishedPolicy((home,), (), ()))
    async with world.domain("good.test") as good, world.domain("bad.test", says={"RCPT": "550 5.1.1 who?"}):
        await world.keep("good.test")
        await good.takes(1)
        sender = good.taken[0].sender
        assert sender.startswith("prvs=0")
        assert sender.endswith("=ann@home.example")
        lost = await world.keep("bad.test")
        await world.deliveries.until_fate(lost, Ending.BOUNCED)
        [notice] = (one for one in world.deliveries.spool.messages() if one.destination == "home.example")
        assert [str(one.address) for one in notice.recipients] == ["ann@home.example"]
