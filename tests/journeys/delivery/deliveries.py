"""One delivery process without the process: the real queue, spool, outages and journal under clocks that a test sets."""

from __future__ import annotations

import asyncio
import contextlib
import time

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.adapters.lmdb.route_healths import LmdbRouteHealths
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.adapters.unix.doorbell import UnixDoorbell
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.outage import HOUR_S
from ecluse.domain.policy import Policy, Route
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.demands import Demands
from ecluse.mta.delivery.exchanges import Exchanges
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.notices import Notices
from ecluse.mta.delivery.outward import Outward
from ecluse.mta.delivery.queue import DeliveryQueue
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.schedule import Schedule
from ecluse.mta.return_paths import ReturnPaths
from ecluse.mta.sent_counts import UnknownCounts
from tests.journeys.next_hop import NextHop
from tests.journeys.node import NEXT_HOP_PORT, until
from tests.loopback import fresh_ip

BEGINNING = 1_800_000_000.0
CONTENT = b"From: ann@home.example\r\nSubject: late\r\n\r\nHello\r\n"


class Deliveries:
    """What a delivery process is made of; `later` sets its clocks, `jump` makes the one on the wall wrong."""

    def __init__(self, folder, owns_bucket=None, by_mx=None, delay_notice_after_s=0):
        self.now = BEGINNING
        self.jump = 0.0
        self.away, self.home, self.world = (Route(fresh_ip(), NEXT_HOP_PORT) for _ in range(3))
        domains = (Policy("away", "away.example", (self.away,)), Policy("home", "home.example", (self.home,)))
        publish(folder / "policy", PublishedPolicy(domains, (), ()))
        self.folder = folder
        self.spool = FolderSpool(folder / "spool", reserve_bytes=0)
        self.outages = LmdbOutages(folder / "outages")
        self.journal = FolderJournal(folder / "journal", "delivery-0", segment_bytes=1 << 20)
        self._bell = UnixDoorbell(folder / "run", lambda _name: 0)
        self._next_hops = NextHops("gateway.test")
        policies = LmdbPolicies(folder / "policy")
        schedule = Schedule(random=lambda: 0.0, delay_notice_after_s=delay_notice_after_s)
        self.quotas = SqliteQuotas(folder / "quotas.sqlite", b"salt")
        began = time.monotonic()
        self.deliverer = Deliverer(
            spool=self.spool,
            journal=self.journal,
            notices=Notices("gateway.test", self.spool, self._bell, policies, has_smart_host=by_mx is None),
            policies=policies,
            outward=Outward(
                Routes(self._next_hops, None),
                *(by_mx or (Exchanges(None, frozenset()), Demands(None, None))),
                policies,
                None if by_mx else Policy("", "outbound", (self.world,)),
                return_paths=ReturnPaths(policies, b"k" * 32),
            ),
            routes=Routes(self._next_hops, LmdbRouteHealths(folder / "routes")),
            schedule=schedule,
            unknown=UnknownCounts(self.quotas),
            clock=lambda: self.now + self.jump,
        )
        self.queue = DeliveryQueue(
            self.spool,
            self.outages,
            self.deliverer,
            schedule,
            owns=lambda _name: True,
            owns_bucket=owns_bucket,
            clock=lambda: self.now + self.jump,
            # Goes on by itself, too: what is in use for a moment is looked at again after a real half second.
            monotonic=lambda: self.now + time.monotonic() - began,
        )

    @contextlib.asynccontextmanager
    async def running(self):
        serving = asyncio.create_task(self.queue.run())
        try:
            yield self
        finally:
            self.queue.end()
            await serving
            await self._next_hops.close()
            self._bell.close()
            self.journal.close()
            self.outages.close()
            self.quotas.close()
            self.spool.close()

    async def keep(self, direction=Direction.INBOUND, **more):
        """A message to bob, in the spool and known to the queue; its id."""
        message_id = await self.keep_silently(direction, **more)
        self.queue.ring(message_id)
        return message_id

    async def keep_silently(self, direction=Direction.INBOUND, *, content=CONTENT, **more):
        """The same, without a ring."""
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
            "size": len(content),
        }
        message = QueuedMessage(direction=direction, **facts | more)
        await self.spool.keep(message, MemoryContent(content))
        return message.id

    def later(self, hours):
        self.now = BEGINNING + hours * HOUR_S

    def fates(self, message_id):
        """The fates that the journal names, oldest first."""
        events = [one for one in read_events(self.folder / "journal") if one.id == message_id]
        return [who.fate for one in events for who in one.recipients]

    async def until_fate(self, message_id, fate):
        await until(lambda: self.fates(message_id)[-1:] == [fate])


def server(route, says=None):
    return NextHop(route.host, route.port, says or {})
