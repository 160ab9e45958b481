"""Ends queued messages by order: their senders are told where they are authenticated, the rest expires (design 6.7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.domain.order import Order, OrderAnswer, Outcome
from ecluse.domain.queue import Fate, QueuedMessage
from ecluse.entrypoints.delivery_process import schedule
from ecluse.entrypoints.outward import outward
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.queue_orders import carry_out_in_queue
from ecluse.entrypoints.queue_steps import demand_whole
from ecluse.entrypoints.releasing import Releasing
from ecluse.entrypoints.sender_notices import notices_of
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.routes import Routes

REASON = "given back by the provider, undelivered"  # The sender reads it; who ordered it stands in the audit trail.


@dataclass(frozen=True, slots=True)
class GivingBack:
    """Ends messages as the delivery process does at the end of their time."""

    deliverer: Deliverer

    async def act(self, tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: FBT001 - the signature of all acts.
        """One message, or all of a destination. Raises `Impossible`, `Unavailable`; then they wait as before."""
        if is_repeated and not order.body and tools.spool.read(order.target) is None:
            return OrderAnswer(Outcome.DONE, "given back before")
        return await carry_out_in_queue(tools, order, self._end)

    async def _end(self, message: QueuedMessage) -> str:
        demand_whole(message)
        after = await self.deliverer.end(message, REASON)
        is_told = any(one.fate is Fate.BOUNCED for one in after.recipients)
        return "its sender is told" if is_told else "expired: its sender may not be told"


@contextmanager
def giving_back(settings: Settings, spool: FolderSpool, journal: FolderJournal) -> Iterator[GivingBack]:
    """With a deliverer that never delivers: it only ends."""
    paths = DataPaths(settings.data_dir)
    policies = LmdbPolicies(paths.policy)
    next_hops, resolver = NextHops(settings.hostname), StubResolver(())
    routes, out = Routes(next_hops, None), outward(settings, next_hops, resolver, policies)
    with notices_of(settings, spool) as notices:
        yield GivingBack(Deliverer(spool, journal, notices, policies, out, routes, schedule(settings)))
