"""Our own reports of a day: joins what writes them to the node's journal, folders, resolver and spool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.report_files import FolderReportFiles
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.http.report_upload import HttpsUpload
from ecluse.adapters.unix.doorbell import UnixDoorbell
from ecluse.entrypoints.delivery_shares import owner_of
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.letter_signing import LetterSigner
from ecluse.entrypoints.listing_jobs import own_addresses
from ecluse.entrypoints.outward import has_smart_host
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.reports.writing import Outbox, Reporter, Written, period_of, tallied, write_day
from ecluse.wire.reports.reporter import Organisation
from ecluse.wire.reports.submission import TLS_MEDIA_TYPE


async def write_reports(settings: Settings, day: str) -> tuple[Written, ...]:
    """Write the reports of the UTC day, and send them where that is switched on. Raises `Unavailable`."""
    paths, period = DataPaths(settings.data_dir), period_of(day)
    # An hour's millions of records are read beside the event loop.
    events = read_events(paths.journal, since=period.begin, until=period.end + 0.999999)
    tally = await asyncio.to_thread(tallied, events, own_addresses(settings.outbound))
    with _reporter(settings, paths) as reporter:
        return await write_day(day, tally, reporter, time.time())


@contextmanager
def _reporter(settings: Settings, paths: DataPaths) -> Iterator[Reporter]:
    resolver = StubResolver([(server.host, server.port) for server in settings.dns.nameservers])
    email = settings.reports.email or f"postmaster@{settings.hostname}"
    organisation = Organisation(settings.reports.organisation or settings.hostname, email)
    files = FolderReportFiles(paths.written_reports)
    spool = FolderSpool(paths.spool, reserve_bytes=settings.spool.reserve_bytes)
    bell = UnixDoorbell(paths.run, lambda name: owner_of(name, settings.delivery_processes))
    upload = HttpsUpload(TLS_MEDIA_TYPE, map(ip_network, settings.outbound.mx_networks), settings.outbound.authorities)
    signer = LetterSigner(settings, FreshNames(settings).look_up)
    outbox = Outbox(spool, bell, has_smart_host(settings), settings.reports.max_sent_a_day, signer.signed, upload.post)
    try:
        yield Reporter(settings.hostname, organisation, resolver, files, outbox if settings.reports.send else None)
    finally:
        resolver.close()
        bell.close()
        spool.close()
