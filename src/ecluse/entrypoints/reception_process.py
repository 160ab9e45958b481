"""One reception worker: joins the ports of the listener and of acceptance to their adapters, then serves."""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

import structlog
import uvloop

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.adapters.counters.exchange import NodeCounters
from ecluse.adapters.counters.keys import make_salt
from ecluse.adapters.counters.store import Store
from ecluse.adapters.dns.resolver import StubResolver
from ecluse.adapters.folder.buffers import FolderBuffers
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.folder.syncers import ProcessSyncer, Syncer
from ecluse.adapters.hashes.table import HashTable
from ecluse.adapters.lmdb.connectors import LmdbConnectors
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.lmdb.route_healths import LmdbRouteHealths
from ecluse.adapters.maxmind.places import MaxmindPlaces
from ecluse.adapters.memory.tallies import ProcessTallies, SharedTallies
from ecluse.adapters.models.folder import FolderModels
from ecluse.adapters.room.figures import Figures
from ecluse.adapters.room.room import HelperRoom
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.adapters.unix.doorbell import UnixDoorbell
from ecluse.adapters.valkey.quotas import ClusterQuotas
from ecluse.adapters.valkey.tallies import ClusterTallies
from ecluse.domain.address import Address
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.entrypoints.classifier_loops import classifier_loops
from ecluse.entrypoints.counter_server import counter_server
from ecluse.entrypoints.delivery_shares import owner_of
from ecluse.entrypoints.dnsbl_catalogue import chosen_lists
from ecluse.entrypoints.door_certificates import certificate_context, outbound_context
from ecluse.entrypoints.feedback import voter_name
from ecluse.entrypoints.letter_signing import signing_keys
from ecluse.entrypoints.limit_tables import sending_terms
from ecluse.entrypoints.node_key import node_key
from ecluse.entrypoints.outward import has_smart_host
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.quotas import open_quotas
from ecluse.entrypoints.room_settings import worker_room
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.support_copies import support_copies
from ecluse.filtering import inbound, outbound
from ecluse.filtering.collect import Sources
from ecluse.filtering.files import FileOpening
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerLookups
from ecluse.filtering.pipeline import Pipeline
from ecluse.mta import metrics
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.notices import Notices
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.reception.acceptance import Acceptance
from ecluse.mta.reception.arc_sealing import ArcSealer
from ecluse.mta.reception.callout import Callout
from ecluse.mta.reception.cut_through import CutThrough
from ecluse.mta.reception.door import Certificate, Door
from ecluse.mta.reception.emission_watch import EmissionWatch
from ecluse.mta.reception.forwarding import Forwarding
from ecluse.mta.reception.listener import Listener
from ecluse.mta.reception.lobby import Lobby
from ecluse.mta.reception.logins import Logins
from ecluse.mta.reception.networks import Networks
from ecluse.mta.reception.readers import Readers
from ecluse.mta.reception.recipients import InboundRecipients, OutboundRecipients
from ecluse.mta.reception.sending_limits import SendingLimits
from ecluse.mta.reception.signing import Signer
from ecluse.mta.reception.stamps import Stamps
from ecluse.mta.reception.submissions import Submissions
from ecluse.mta.reception.tarpit import Tarpit
from ecluse.mta.reports.copies import ReportCopies
from ecluse.mta.reports.feedback_mail import FeedbackMail
from ecluse.mta.return_paths import ReturnPaths

log = structlog.get_logger()

ROOM_FIGURES = Figures(
    opened=metrics.count_opening,
    took=metrics.OPENING_SECONDS.observe,
    helper_ended=metrics.count_helper_end,
    poisoned=metrics.count_poison,
)


class DoorKind(Enum):
    """The doors of a node."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"  # In the clear until STARTTLS.
    OUTBOUND_TLS = "outbound-tls"

    @property
    def direction(self) -> Direction:
        """Which service mail passes through that comes in by it."""
        return Direction.INBOUND if self is DoorKind.INBOUND else Direction.OUTBOUND


@dataclass(frozen=True, slots=True)
class BoundDoor:
    """A socket that the supervisor has bound, and which door it is."""

    kind: DoorKind
    socket: socket.socket


def run(settings: Settings, doors: list[BoundDoor], tallies: SharedTallies, number: int) -> None:
    """Serve until SIGTERM. Runs in a forked child; `number` is its row in the tallies."""
    syncer = ProcessSyncer()  # Forks, so it comes before the loop and its threads.
    uvloop.run(_serve(settings, doors, tallies, number, syncer))


async def _serve(
    settings: Settings, doors: list[BoundDoor], tallies: SharedTallies, number: int, syncer: Syncer
) -> None:
    worker = _open(settings, tallies, number, syncer)
    lobbies = _lobbies(worker)
    listener = Listener([(door.socket, lobbies[door.kind]) for door in doors])
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    loop.add_signal_handler(signal.SIGHUP, worker.reload_certificate)
    await listener.start()
    tasks = [asyncio.create_task(listener.watch())]
    if worker.cluster is not None:
        tasks.append(asyncio.create_task(worker.cluster.serve()))
    if worker.names is not None:
        tasks.append(asyncio.create_task(worker.names.panel.watch()))
    told: asyncio.Task[object] = asyncio.create_task(ending.wait())
    ended, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
    await listener.drain()
    for task in tasks:
        task.cancel()
    await worker.close()
    for one in ended:
        # Work that ends by itself has failed: raised here, it is logged, and the supervisor starts us again.
        one.result()


@dataclass(frozen=True, slots=True)
class _Names:
    """What a worker asks the domain name system, and whom."""

    resolver: StubResolver
    panel: Panel
    peers: PeerLookups
    places: MaxmindPlaces

    async def close(self) -> None:
        """End what is under way."""
        await self.peers.close()
        self.resolver.close()
        self.places.close()


def _names(settings: Settings) -> _Names | None:
    """None where filtering is off: then nothing is asked."""
    if not settings.filtering.enabled:
        return None
    resolver = StubResolver([(server.host, server.port) for server in settings.dns.nameservers])
    panel = Panel(chosen_lists(settings.dnsbl, settings.workers), resolver)
    places = MaxmindPlaces(settings.connection.country_database, settings.connection.asn_database)
    return _Names(resolver, panel, PeerLookups(resolver, panel, places), places)


@dataclass(frozen=True, slots=True)
class _Worker:
    """The adapters of one worker."""

    settings: Settings
    certificate: Certificate
    outbound_certificate: Certificate
    policies: LmdbPolicies
    logins: Logins
    outages: LmdbOutages
    journal: FolderJournal
    spool: FolderSpool
    held: FolderSpool
    report_inbox: FolderReportInbox
    bounce_inbox: FolderReportInbox
    support_inbox: FolderReportInbox
    feedback_inbox: FolderFeedback
    buffers: FolderBuffers
    doorbell: UnixDoorbell
    scanner: ClamdScanner | None
    names: _Names | None
    counters: NodeCounters
    callout: Callout
    next_hops: NextHops
    cut_through: CutThrough
    tallies: ProcessTallies | ClusterTallies
    room: HelperRoom
    quotas: SqliteQuotas
    shared_quotas: ClusterQuotas | None
    limits: SendingLimits

    @property
    def cluster(self) -> ClusterTallies | None:
        """None where this node counts by itself."""
        return self.tallies if isinstance(self.tallies, ClusterTallies) else None

    def reload_certificate(self) -> None:
        """SIGHUP: new handshakes use the new certificate; a broken one changes nothing."""
        try:
            self.certificate.context = certificate_context(self.settings)
            self.outbound_certificate.context = outbound_context(self.settings)
        except OSError as problem:
            log.error("certificate not reloaded", problem=str(problem))
        else:
            log.info("certificate reloaded")

    async def close(self) -> None:
        """Let go of everything."""
        if self.cluster is not None:
            await self.cluster.close()
        self.logins.close()
        await self.callout.close()
        await self.next_hops.close()
        await self.room.close()
        self.counters.close()
        if self.shared_quotas is not None:
            await self.shared_quotas.close()
        self.quotas.close()
        if self.names is not None:
            await self.names.close()
        self.journal.close()
        self.spool.close()
        self.held.close()
        self.doorbell.close()


def _open(settings: Settings, tallies: SharedTallies, number: int, syncer: Syncer) -> _Worker:
    paths = DataPaths(settings.data_dir)
    counts = _counts(settings, tallies.bind(number))
    policies, outages = LmdbPolicies(paths.policy), LmdbOutages(paths.outages)
    next_hops = NextHops(settings.hostname)
    callout = Callout(next_hops.verify)
    salt, locks = make_salt(paths.salt), LmdbLocks(paths.locks)
    quotas, shared = open_quotas(settings)
    return _Worker(
        settings=settings,
        certificate=Certificate(certificate_context(settings)),
        outbound_certificate=Certificate(outbound_context(settings)),
        policies=policies,
        logins=Logins(LmdbConnectors(paths.policy), counts, salt),
        outages=outages,
        journal=FolderJournal(
            paths.journal,
            f"reception-{number}",
            segment_bytes=settings.journal.segment_mib << 20,
            waits_for_room=True,
            syncer=syncer,
        ),
        spool=FolderSpool(paths.spool, reserve_bytes=settings.spool.reserve_bytes),
        held=FolderSpool(paths.held, reserve_bytes=settings.spool.reserve_bytes),
        report_inbox=FolderReportInbox(paths.report_inbox),
        bounce_inbox=FolderReportInbox(paths.bounce_inbox),
        support_inbox=FolderReportInbox(paths.support_inbox),
        feedback_inbox=FolderFeedback(paths.feedback),
        buffers=FolderBuffers(paths.buffers),
        doorbell=UnixDoorbell(paths.run, lambda name: owner_of(name, settings.delivery_processes)),
        scanner=_scanner(settings),
        names=_names(settings),
        counters=NodeCounters(Store(paths.memories, salt, is_writer=False), paths.run),
        callout=callout,
        next_hops=next_hops,
        cut_through=CutThrough(
            Routes(next_hops, LmdbRouteHealths(paths.route_healths)),
            outages,
            counts,
            settings.inbound.cut_through_per_route,
        ),
        tallies=counts,
        room=worker_room(settings, ROOM_FIGURES),
        quotas=quotas,
        shared_quotas=shared,
        limits=SendingLimits(
            locks, shared or quotas, sending_terms(settings.outbound.limits), EmissionWatch(locks, shared or quotas)
        ),
    )


def _counts(settings: Settings, node: ProcessTallies) -> ProcessTallies | ClusterTallies:
    """What is open on this node, or on all that share a counter server."""
    server = counter_server(settings)
    return node if server is None else ClusterTallies(node, server, metrics.COUNTERS_AWAY.set)


def _lobbies(worker: _Worker) -> dict[DoorKind, Lobby]:
    """One for each door that is served; several sockets may lead into it."""
    settings = worker.settings
    inbound_recipients = InboundRecipients(
        worker.policies,
        worker.outages,
        worker.next_hops.capabilities,
        settings.hostname,
        _postmaster(settings),
        worker.callout,
        ReturnPaths(worker.policies, node_key(settings)),
    )
    peers = worker.names.peers if worker.names else None
    sources = _sources(worker)
    acceptances = {direction: _acceptance(worker, direction, sources) for direction in Direction}
    inward = _lobby(worker, DoorKind.INBOUND, acceptances[Direction.INBOUND], inbound_recipients)
    return {
        DoorKind.INBOUND: replace(inward, peers=peers),
        **{
            kind: _outbound_lobby(worker, kind, acceptances[Direction.OUTBOUND])
            for kind in (DoorKind.OUTBOUND, DoorKind.OUTBOUND_TLS)
        },
    }


def _outbound_lobby(worker: _Worker, kind: DoorKind, acceptance: Acceptance) -> Lobby:
    networks = Networks(worker.settings.outbound.trusted_networks)
    connectors = LmdbConnectors(DataPaths(worker.settings.data_dir).policy)
    forwarding = Forwarding(worker.policies, connectors, _stamps(worker.settings))
    return replace(
        _lobby(worker, kind, acceptance, OutboundRecipients(worker.policies)),
        certificate=worker.outbound_certificate,
        submissions=Submissions(worker.policies, connectors, networks, forwarding),
        logins=worker.logins,
        limits=worker.limits,
    )


def _lobby(
    worker: _Worker,
    kind: DoorKind,
    acceptance: Acceptance,
    recipients: InboundRecipients | OutboundRecipients,
) -> Lobby:
    return Lobby(
        door=_door(worker.settings, kind),
        hostname=worker.settings.hostname,
        certificate=worker.certificate,
        recipients=recipients,
        acceptance=acceptance,
        buffers=worker.buffers,
        journal=worker.journal,
        tallies=worker.tallies,
        has_room=lambda: worker.spool.has_room,
        open=set(),
        patient={},
    )


def _postmaster(settings: Settings) -> Address | None:
    written = settings.inbound.postmaster
    return None if written is None else Address.of(written)


def _scanner(settings: Settings) -> ClamdScanner | None:
    if settings.scanners.clamd is None:
        return None
    return ClamdScanner(
        settings.scanners.clamd,
        timeout_s=settings.scanners.clamd_timeout_s,
        cache_size=settings.filtering.verdict_cache,
    )


def _acceptance(worker: _Worker, direction: Direction, sources: Sources) -> Acceptance:
    settings = worker.settings
    return Acceptance(
        hostname=settings.hostname,
        pipeline=_pipeline(settings, direction),
        sources=sources,
        journal=worker.journal,
        spool=worker.spool,
        held=worker.held,
        doorbell=worker.doorbell,
        cut_through=worker.cut_through,
        tarpit=Tarpit(settings.inbound.tarpit_s),
        readers=_readers(worker) if direction is Direction.INBOUND else None,
        release_url=settings.control.release_url or "",
        has_smart_host=has_smart_host(settings),
        signer=Signer(worker.policies, node_key(settings)) if direction is Direction.OUTBOUND else None,
        sealer=_sealer(settings),
        stamps=_stamps(settings) if direction is Direction.INBOUND else None,
        limits=worker.limits if direction is Direction.OUTBOUND else None,
        keeps_evidence=settings.control.database is not None,
        notices=_notices(worker) if direction is Direction.OUTBOUND else None,
    )


def _readers(worker: _Worker) -> Readers:
    settings = worker.settings
    return Readers(
        reports=ReportCopies(worker.report_inbox, _report_addresses(settings)),
        support=support_copies(settings, worker.support_inbox),
        bounces=_bounces(worker),
        feedback=FeedbackMail(
            worker.feedback_inbox, worker.policies, partial(voter_name, DataPaths(settings.data_dir))
        ),
    )


def _notices(worker: _Worker) -> Notices:
    settings = worker.settings
    return Notices(settings.hostname, worker.spool, worker.doorbell, worker.policies, has_smart_host(settings))


def _sealer(settings: Settings) -> ArcSealer | None:
    """None where the provider has no RSA key here; clients that want seals then go without, and the log says so."""
    try:
        keys = [key for key in signing_keys(settings) if key.algorithm == "rsa-sha256"]
    except (Impossible, OSError) as problem:
        log.error("relayed mail goes without a seal", problem=type(problem).__name__)
        return None
    return ArcSealer(keys[0]) if keys else None


def _stamps(settings: Settings) -> Stamps:
    return Stamps(LmdbConnectors(DataPaths(settings.data_dir).policy), node_key(settings))


def _report_addresses(settings: Settings) -> frozenset[str]:
    """Those of the settings, and those that the records we propose to clients name."""
    proposed = (settings.signing.dmarc_reports, settings.signing.tls_reports)
    return frozenset(Address.of(one).key for one in (*settings.reports.addresses, *proposed) if one)


def _bounces(worker: _Worker) -> ReportCopies | None:
    """Read by a node that can ask a log whether the client has written to whom they name."""
    if worker.settings.control.database is None or not node_key(worker.settings):
        return None
    return ReportCopies(worker.bounce_inbox, frozenset(), what="bounce")


def _sources(worker: _Worker) -> Sources:
    names, hostname = worker.names, worker.settings.hostname
    models = FolderModels(DataPaths(worker.settings.data_dir).models)
    if names is None:
        return Sources(worker.policies, worker.scanner, hostname, models=models)
    loops = classifier_loops(compiled=worker.settings.filtering.compiled)
    return Sources(
        worker.policies,
        worker.scanner,
        hostname,
        names.resolver,
        names.panel,
        names.peers,
        counters=worker.counters,
        hash_lists=_hash_lists(worker.settings),
        models=models,
        scans_whole_messages=worker.settings.scanners.clamd_whole_messages,
        files=FileOpening(worker.room),
        places=names.places,
        loops=loops,
    )


def _hash_lists(settings: Settings) -> HashTable | None:
    return None if settings.scanners.hash_lists is None else HashTable(DataPaths(settings.data_dir).hashes)


def _pipeline(settings: Settings, direction: Direction) -> Pipeline:
    if direction is Direction.INBOUND:
        return inbound.PIPELINE if settings.filtering.enabled else inbound.RELAY_ONLY
    return outbound.PIPELINE if settings.filtering.enabled else outbound.RELAY_ONLY


def _door(settings: Settings, kind: DoorKind) -> Door:
    direction = kind.direction
    balancers = settings.inbound.proxy_protocol_from, settings.outbound.proxy_protocol_from
    rules = settings.inbound
    workers = settings.workers
    return Door(
        direction=direction,
        max_message_bytes=rules.max_message_bytes,
        max_recipients=rules.max_recipients,
        max_errors=rules.max_errors,
        max_connections=max(1, rules.max_connections // workers),
        max_connections_per_ip=rules.max_connections_per_ip,
        early_talk_wait_s=rules.early_talk_wait_s if direction is Direction.INBOUND else 0.0,
        command_timeout_s=rules.command_timeout_s,
        data_timeout_s=rules.data_timeout_s,
        min_octets_per_s=rules.min_octets_per_s,
        session_timeout_s=rules.session_timeout_s,
        is_tls_from_start=kind is DoorKind.OUTBOUND_TLS,
        proxy_protocol_from=Networks(balancers[direction is Direction.OUTBOUND]),
        xclient_from=Networks(rules.xclient_from if direction is Direction.INBOUND else ()),
        mends_newlines_from=Networks(rules.bare_newlines_from),
    )
