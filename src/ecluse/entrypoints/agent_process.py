"""The agent: the only process of a node that writes policy and learns; it also keeps house and answers health and metrics."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import structlog
import uvloop

from ecluse.adapters.counters import exchange as counters
from ecluse.adapters.counters.keys import make_salt
from ecluse.adapters.counters.store import Store
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.valkey.sightings import SharedSightings
from ecluse.domain.errors import BadConfig, EcluseError, Unavailable
from ecluse.entrypoints import bounce_jobs, control_jobs, feedback_jobs, log_jobs, report_jobs, support_jobs
from ecluse.entrypoints.body_jobs import send_bodies_away
from ecluse.entrypoints.counter_server import counter_server
from ecluse.entrypoints.hash_jobs import follow_hash_lists
from ecluse.entrypoints.health import HealthServer
from ecluse.entrypoints.listing_jobs import own_addresses, watch_own_addresses
from ecluse.entrypoints.lock_jobs import keep_locked_mail
from ecluse.entrypoints.node_key import node_key
from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.orders import Result, ring
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.purge_jobs import (
    EndedByOutage,
    ledger_of,
    look_at_outages,
    purge_held,
    purge_journal,
    purge_waiting,
    shorten_journal,
)
from ecluse.entrypoints.releasing import finish_releases
from ecluse.entrypoints.sender_notices import notices_of
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta import metrics

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
TIDY_EVERY_S = 3_600.0
SETTLED_AFTER_S = 5.0  # Exports are seldom replaced in one step, as editors do it with the policy file.
READER_CHECK_EVERY_S = 60.0


def publish_policy(settings: Settings) -> tuple[str, ...]:
    """Read the policy file and make it the node's policy; the other files that went into it.

    Raises `BadConfig`, `Unavailable`.
    """
    if settings.policy.file is None:
        return ()
    published = load_policy(settings.policy.file, node_key(settings))
    publish(DataPaths(settings.data_dir).policy, published)
    return published.files


def run(settings: Settings) -> None:
    """Keep house until SIGTERM. Runs in a forked child."""
    uvloop.run(_Agent(settings).serve())


class _Agent:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._paths = DataPaths(settings.data_dir)
        # The first look publishes: the file may have changed while nobody looked. What is the same writes nothing.
        self._seen: dict[Path, tuple[int, int]] | None = None
        self._others: tuple[str, ...] = ()  # The files that the policy file names.
        self._is_asked = False

    async def serve(self) -> None:
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._ask)
        salt = make_salt(self._paths.salt)
        memories = Store(self._paths.memories, salt, is_writer=True)
        shared = self._shared_sightings(memories, salt)
        health = HealthServer(self._settings, self._paths, lambda: shared is not None and shared.is_away)
        health.start()
        hearing, _ = await counters.listen(memories, self._paths.run, shared.take if shared else None)
        tasks = [asyncio.create_task(work()) for work in (self._follow_policy, self._check_readers, self._tidy)]
        tasks += [
            asyncio.create_task(work(self._settings))
            for work in (*report_jobs.JOBS, feedback_jobs.learn, keep_locked_mail)
        ]
        if self._settings.scanners.hash_lists is not None:
            tasks.append(asyncio.create_task(follow_hash_lists(self._settings)))
        if self._settings.bodies.url is not None:
            tasks.append(asyncio.create_task(send_bodies_away(self._settings)))
        if own_addresses(self._settings.outbound):
            tasks.append(asyncio.create_task(watch_own_addresses(self._settings)))
        if self._settings.control.database is not None:
            works = (*control_jobs.JOBS, *log_jobs.JOBS, support_jobs.carry_up, bounce_jobs.read)
            tasks += [asyncio.create_task(work(self._settings)) for work in works]
        if shared is not None:
            tasks.append(asyncio.create_task(shared.serve()))
        told: asyncio.Task[object] = asyncio.create_task(ending.wait())
        ended, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        health.stop()
        hearing.close()
        await asyncio.sleep(0)  # What was heard last is written when the transport has closed.
        memories.close()
        for one in ended:
            # Work that ends by itself has failed: raised here, it is logged, and the supervisor starts us again.
            one.result()

    def _shared_sightings(self, memories: Store, salt: bytes) -> SharedSightings | None:
        server = counter_server(self._settings)
        if server is None:
            return None
        return SharedSightings(memories, salt, server, self._paths.sightings_position, metrics.COUNTERS_AWAY.set)

    def _ask(self) -> None:
        self._is_asked = True

    async def _follow_policy(self) -> None:
        """A changed policy file is live within two seconds; one with a mistake changes nothing (design 3)."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            stamps = self._stamps()
            if stamps == self._seen and not self._is_asked:
                continue
            self._seen, self._is_asked = stamps, False
            try:
                # Files that it names for the first time are stamped only now: they are read once more.
                self._others = await asyncio.to_thread(publish_policy, self._settings)
                log.info("policy published", file=str(self._settings.policy.file))
            except BadConfig as problem:
                self._others = tuple(dict.fromkeys((*self._others, problem.file)))
                log.error("policy not published", problem=str(problem))
            except Unavailable as problem:
                log.error("policy not published", problem=str(problem))
                self._is_asked = True

    def _stamps(self) -> dict[Path, tuple[int, int]]:
        file = self._settings.policy.file
        if file is None:
            return {}
        return {file: _stamp(file)} | {path: self._settled(path) for path in map(Path, self._others)}

    def _settled(self, path: Path) -> tuple[int, int]:
        """The stamp before as long as somebody may be writing: half an export would refuse half the recipients."""
        stamp = _stamp(path)
        age_s = time.time() - stamp[0] / 1e9
        return (self._seen or {}).get(path, stamp) if 0 <= age_s < SETTLED_AFTER_S else stamp

    async def _check_readers(self) -> None:
        policies = LmdbPolicies(self._paths.policy)
        while True:
            await asyncio.sleep(READER_CHECK_EVERY_S)
            try:
                policies.reader_check()
            except Unavailable as problem:
                log.error("policy store", problem=str(problem))

    async def _tidy(self) -> None:
        """The purge clocks: outages, bodies, records (11-2, 15-4, 15-8); and releases that a crash cut short go on."""
        held = FolderSpool(self._paths.held, reserve_bytes=0)
        spool = FolderSpool(self._paths.spool, reserve_bytes=0)
        policies = LmdbPolicies(self._paths.policy)
        poison, ledger = PoisonList(self._paths.poison), ledger_of(self._paths)
        outages, ended = LmdbOutages(self._paths.outages), EndedByOutage(NodeState(self._settings, self._paths))
        with closing(outages), notices_of(self._settings, spool) as notices:
            while True:
                now = time.time()
                try:
                    ledger.note(await purge_held(held, spool, notices, now))
                    ledger.note(await purge_waiting(self._settings, spool, now))
                    found = tuple(outages.all())
                    ledger.note(await asyncio.to_thread(look_at_outages, spool, found, ended.since_last(), now))
                    poison.forget_old()
                    self._ring(await finish_releases(held, spool, "agent"))
                    records_before = now - self._settings.journal.keep_days * 86_400.0
                    purged = purge_journal(self._paths.journal, records_before, now)
                    log_days = await asyncio.to_thread(policies.log_days)
                    # Last: on a disk that is nearly full it fails, and what makes room is done.
                    shortened = await asyncio.to_thread(shorten_journal, self._paths, log_days, now)
                    ledger.note(replace(purged, removed=purged.removed + shortened))
                except (EcluseError, OSError) as problem:
                    log.error("purge put off", problem=str(problem))
                await asyncio.sleep(TIDY_EVERY_S)

    def _ring(self, ids: list[str]) -> None:
        for each in ids:
            log.info("release finished", id=each)
        ring(self._paths, [Result(each, is_done=True, text="") for each in ids])


def _stamp(file: Path) -> tuple[int, int]:
    """Changes whenever the file is written or replaced; zeros while it is not there."""
    try:
        state = file.stat()
    except OSError:
        return (0, 0)
    return (state.st_mtime_ns, state.st_ino)
