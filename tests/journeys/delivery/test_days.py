"""What happens after hours and days: the real queue, spool, outages and journal under a clock that the test sets."""

from __future__ import annotations

import asyncio
import contextlib
from email import message_from_bytes, policy

import pytest
from structlog.testing import capture_logs

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.adapters.unix.doorbell import UnixDoorbell
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import Ending
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.outage import HOUR_S, Outage
from ecluse.domain.policy import Policy, Route
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.notices import Notices
from ecluse.mta.delivery.queue import DeliveryQueue
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.schedule import DAY_S, Schedule
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, fresh_ip, until

BEGINNING = 1_800_000_000.0
CONTENT = b"From: ann@home.example\r\nSubject: late\r\n\r\nHello\r\n"


class Deliveries:
    """One delivery process without the process: what it is made of, and a clock."""

    def __init__(self, folder):
        self.now = BEGINNING
        self.away, self.home, self.world = (Route(fresh_ip(), NEXT_HOP_PORT) for _ in range(3))
        domains = (Policy("away", "away.example", (self.away,)), Policy("home", "home.example", (self.home,)))
        publish(folder / "policy", PublishedPolicy(domains, (), ()))
        self.folder = folder
        self.spool = FolderSpool(folder / "spool", reserve_bytes=0)
        self.outages = LmdbOutages(folder / "outages")
        self._journal = FolderJournal(folder / "journal", "delivery-0", segment_bytes=1 << 20)
        self._bell = UnixDoorbell(folder / "run", lambda _name: 0)
        self._next_hops = NextHops("gateway.test")
        policies = LmdbPolicies(folder / "policy")
        schedule = Schedule(random=lambda: 0.0, delay_notice_after_s=0)
        deliverer = Deliverer(
            spool=self.spool,
            journal=self._journal,
            notices=Notices("gateway.test", self.spool, self._bell, policies, "outbound"),
            policies=policies,
            outbound=Policy("", "outbound", (self.world,)),
            routes=Routes(self._next_hops),
            schedule=schedule,
            clock=lambda: self.now,
        )
        self._queue = DeliveryQueue(
            self.spool, self.outages, deliverer, schedule, owns=lambda _name: True, clock=lambda: self.now
        )

    @contextlib.asynccontextmanager
    async def running(self):
        serving = asyncio.create_task(self._queue.run())
        try:
            yield self
        finally:
            self._queue.end()
            await serving
            await self._next_hops.close()
            self._bell.close()
            self._journal.close()
            self.outages.close()
            self.spool.close()

    async def keep(self, direction=Direction.INBOUND, **more):
        """A message to bob, in the spool and known to the queue; its id."""
        is_outbound = direction is Direction.OUTBOUND
        facts = {
            "id": new_id(),
            "client": "home" if is_outbound else "away",
            "destination": "outbound" if is_outbound else "away.example",
            "received_at": self.now,
            "queued_at": self.now,
            "sender": Address("ann", "home.example"),
            "is_sender_authenticated": is_outbound,
            "recipients": (QueuedRecipient(Address("bob", "away.example")),),
            "next_attempt": self.now,
        }
        message = QueuedMessage(direction=direction, **facts | more)
        await self.spool.keep(message, MemoryContent(CONTENT))
        self._queue.ring(message.id)
        return message.id

    def later(self, hours):
        self.now = BEGINNING + hours * HOUR_S

    def fates(self, message_id):
        """The fates that the journal names, oldest first."""
        events = [one for one in read_events(self.folder / "journal") if one.id == message_id]
        return [who.fate for one in events for who in one.recipients]

    async def until_fate(self, message_id, fate):
        await until(lambda: self.fates(message_id)[-1:] == [fate])


@pytest.fixture
async def deliveries(tmp_path):
    async with Deliveries(tmp_path).running() as running:
        yield running


def server(route, says=None):
    return NextHop(route.host, route.port, says or {})


async def test_a_server_that_answers_4xx_has_five_days(deliveries):
    async with server(deliveries.away, {"RCPT": "450 4.2.1 busy"}) as hop:
        message_id = await deliveries.keep()
        await deliveries.until_fate(message_id, Ending.DEFERRED)
        deliveries.later(5 * 24 - 1)
        await until(lambda: len(deliveries.fates(message_id)) == 2)
        assert deliveries.fates(message_id) == [Ending.DEFERRED] * 2
        deliveries.later(5 * 24 + 1)
        await deliveries.until_fate(message_id, Ending.EXPIRED)
        assert hop.asked["RCPT"] == 3
    assert deliveries.spool.read(message_id) is None


async def test_silence_of_five_days_is_not_the_same_as_4xx(deliveries):
    message_id = await deliveries.keep()
    await until(lambda: deliveries.outages.find("away.example"))
    deliveries.later(5 * 24 + 1)
    await asyncio.sleep(0.7)
    assert deliveries.spool.read(message_id).waiting
    async with server(deliveries.away) as hop:
        deliveries.later(5 * 24 + 2)
        await hop.takes(1)
        await deliveries.until_fate(message_id, Ending.DELIVERED)


async def test_warnings_come_at_1_24_96_and_144_hours_and_at_168_all_ends(deliveries):
    with capture_logs() as logs:
        early = await deliveries.keep()
        await until(lambda: deliveries.outages.find("away.example"))
        for hours in (0.9, 1.1, 23, 25, 95, 97, 143, 145, 160):
            deliveries.later(hours)
            await asyncio.sleep(0.6)
        late = await deliveries.keep()
        deliveries.later(167.9)
        await asyncio.sleep(0.6)
        assert deliveries.fates(early) == [Ending.DEFERRED]
        assert deliveries.spool.read(early).waiting
        deliveries.later(168)
        # The message that came at hour 160 has lived for eight hours: the outage counts, not its age.
        await deliveries.until_fate(early, Ending.EXPIRED)
        await deliveries.until_fate(late, Ending.EXPIRED)
    warnings = [one["hours"] for one in logs if one["event"] == "destination out of reach" and "hours" in one]
    assert warnings == [1, 24, 96, 144]
    assert {one["id"] for one in logs if one["event"] == "message expired undelivered"} == {early, late}
    assert deliveries.outages.find("away.example").since == BEGINNING


async def test_a_dead_server_that_comes_back_is_noticed_without_any_mail(deliveries):
    deliveries.outages.save(Outage("away.example", since=BEGINNING - 200 * HOUR_S, warned_h=144))
    await asyncio.sleep(0.6)
    assert deliveries.outages.find("away.example")
    async with server(deliveries.away) as hop:
        deliveries.later(0.1)
        await until(lambda: not deliveries.outages.find("away.example"))
        assert (hop.asked["EHLO"], hop.asked.get("MAIL")) == (1, None)


async def test_an_outage_of_a_domain_that_is_served_no_more_ends(deliveries):
    deliveries.outages.save(Outage("gone.example", since=BEGINNING))
    await until(lambda: not deliveries.outages.find("gone.example"))


async def test_outbound_five_days_in_the_queue_are_enough_also_in_an_outage(deliveries):
    async with server(deliveries.home) as home:
        message_id = await deliveries.keep(Direction.OUTBOUND)
        await until(lambda: deliveries.outages.find("outbound"))
        deliveries.later(5 * 24 - 1)
        await asyncio.sleep(0.7)
        assert deliveries.spool.read(message_id).waiting
        deliveries.later(5 * 24)
        await deliveries.until_fate(message_id, Ending.BOUNCED)
        # The doorbell leads nowhere here: the queue finds the notification when it looks by itself.
        deliveries.later(5 * 24 + 1)
        (taken,) = await home.takes(1)
    report = message_from_bytes(taken.content, policy=policy.default)
    fields = list(report.iter_parts())[1].get_payload()[1]
    assert (taken.sender, taken.recipients) == ("", ("ann@home.example",))
    assert (fields["Action"], fields["Status"]) == ("failed", "5.4.7")


async def test_outbound_five_days_of_4xx_bounce_without_a_notice_of_delay(deliveries):
    async with server(deliveries.world, {"RCPT": "450 4.2.1 busy"}), server(deliveries.home) as home:
        message_id = await deliveries.keep(Direction.OUTBOUND, queued_at=BEGINNING - 5 * DAY_S)
        await deliveries.until_fate(message_id, Ending.BOUNCED)
        deliveries.later(1)
        (taken,) = await home.takes(1)
        assert b"Action: failed\r\n" in taken.content
        assert len(list(deliveries.spool.messages())) <= 1


async def test_a_message_that_is_handled_elsewhere_rests_and_the_others_go_on(deliveries):
    async with server(deliveries.away) as hop:
        other = FolderSpool(deliveries.folder / "spool", reserve_bytes=0)
        message_id = new_id()
        message = QueuedMessage(
            id=message_id,
            direction=Direction.INBOUND,
            client="away",
            destination="away.example",
            received_at=BEGINNING,
            queued_at=BEGINNING,
            sender=None,
            is_sender_authenticated=False,
            recipients=(QueuedRecipient(Address("bob", "away.example")),),
        )
        await other.keep(message, MemoryContent(CONTENT))
        with other.lock(message_id):
            deliveries._queue.ring(message_id)
            await asyncio.sleep(0.1)
            await deliveries.keep()
            await hop.takes(1)
            assert deliveries.fates(message_id) == []
        deliveries.later(0.1)
        await hop.takes(2)
        other.close()
