"""One delivery process: joins the ports of the queue to their adapters, then delivers from the spool."""

from __future__ import annotations

import asyncio
import signal

import uvloop

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.lmdb.route_healths import LmdbRouteHealths
from ecluse.adapters.unix import doorbell
from ecluse.entrypoints.delivery_shares import owner_of
from ecluse.entrypoints.outward import has_smart_host, outward
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.quotas import open_quotas
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.deliverer import Deliverer
from ecluse.mta.delivery.next_hop import NextHops, TlsContexts
from ecluse.mta.delivery.notices import Notices
from ecluse.mta.delivery.queue import DeliveryQueue
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.schedule import DAY_S, Schedule
from ecluse.mta.sent_counts import UnknownCounts


def run(settings: Settings, number: int) -> None:
    """Deliver until SIGTERM. Runs in a forked child; `number` says which destinations are its own."""
    uvloop.run(_deliver(settings, number))


def schedule(settings: Settings) -> Schedule:
    """The times of the queue as configured."""
    chosen = settings.spool
    return Schedule(
        first_retry_s=chosen.first_retry_s,
        factor=chosen.retry_factor,
        max_retry_s=chosen.max_retry_s,
        max_age_s=chosen.max_age_days * DAY_S,
        delay_notice_after_s=chosen.delay_notice_after_s,
        probe_s=chosen.probe_s,
        concurrency=chosen.destination_concurrency,
    )


async def _deliver(settings: Settings, number: int) -> None:
    paths = DataPaths(settings.data_dir)
    processes = settings.delivery_processes
    spool = FolderSpool(paths.spool, reserve_bytes=0)
    journal = FolderJournal(
        paths.journal, f"delivery-{number}", segment_bytes=settings.journal.segment_mib << 20, waits_for_room=True
    )
    policies = LmdbPolicies(paths.policy)
    bell = doorbell.UnixDoorbell(paths.run, lambda name: owner_of(name, processes))
    resolver = StubResolver([(server.host, server.port) for server in settings.dns.nameservers])
    next_hops = NextHops(settings.hostname, tls_context=TlsContexts(str(settings.outbound.authorities or "")))
    times = schedule(settings)
    quotas, shared = open_quotas(settings)
    deliverer = Deliverer(
        spool=spool,
        journal=journal,
        notices=Notices(settings.hostname, spool, bell, policies, has_smart_host(settings)),
        policies=policies,
        outward=outward(settings, next_hops, resolver, policies),
        routes=Routes(next_hops, LmdbRouteHealths(paths.route_healths)),
        schedule=times,
        unknown=UnknownCounts(shared or quotas),
    )
    queue = DeliveryQueue(
        spool,
        LmdbOutages(paths.outages),
        deliverer,
        times,
        owns=lambda name: owner_of(name, processes) == number,
        owns_bucket=lambda bucket: bucket % processes == number,  # As `owner_of` shares them out.
    )
    ear = await doorbell.listen(paths.run, number, queue.ring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queue.end)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)
    try:
        await queue.run()
    finally:
        ear.close()
        await next_hops.close()
        resolver.close()
        bell.close()
        journal.close()
        if shared is not None:
            await shared.close()
        quotas.close()
        spool.close()
