"""How this node is: one truth for /health, /metrics and what the control plane is told."""

from __future__ import annotations

import struct
import time
from collections import defaultdict
from typing import Any

from prometheus_client import CollectorRegistry, multiprocess

from ecluse import __version__
from ecluse.adapters.folder.disk import free_bytes
from ecluse.adapters.folder.purge_ledger import PurgeLedger
from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.domain.detour import Detour
from ecluse.domain.errors import EcluseError, Unavailable
from ecluse.domain.node_report import NodeReport
from ecluse.domain.purge import PurgeRun
from ecluse.entrypoints.listing_jobs import own_addresses
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings

# Of /metrics: what the control plane is told.
TOLD_FIGURES = frozenset(
    {
        "ecluse_policy_position",
        "ecluse_log_complete_timestamp_seconds",
        "ecluse_events_shipped_total",
        "ecluse_log_away",
        "ecluse_counters_away",
        "ecluse_queue_messages",
        "ecluse_queue_oldest_seconds",
        "ecluse_outages",
        "ecluse_outage_ended_total",
        "ecluse_own_address_listed",
        "ecluse_connections_total",
        "ecluse_messages_total",
        "ecluse_no_room_total",
        "ecluse_internal_errors_total",
        "ecluse_process_deaths_total",
    }
)

# What the library says of a file whose first page is not whole yet.
_HALF_WRITTEN = (ValueError, RuntimeError, struct.error)
LOOKS, LOOK_AGAIN_S = 5, 0.02
MOST_DETOURS = 200  # Of one node; more are set by hand only.


class NodeState:
    """Looks when it is asked; in the agent, who may be asked by several threads at once."""

    def __init__(self, settings: Settings, paths: DataPaths) -> None:
        self._settings = settings
        self._policies = LmdbPolicies(paths.policy)
        self._purges = PurgeLedger(paths.purges)
        self._detours = LmdbDetours(paths.detours)
        self._began = time.time()
        self.registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]  # the library has no types here.

    def health(self) -> dict[str, Any]:
        """As /health answers it. Raises `OSError` where the disk does not even say how full it is."""
        report = self._report(0.0, {})
        return {
            "status": "ok" if report.has_room and report.has_policy else "trouble",
            "has_policy": report.has_policy,
            "has_room": report.has_room,
            "free_bytes": report.free_bytes,
            "uptime_s": round(report.at - report.began),
        }

    def report(self, queue_read_at: float) -> NodeReport:
        """What the control plane is told. Raises `OSError` as `health`, and `Unavailable` where the figures cannot be read."""
        return self._report(queue_read_at, self._figures())

    def _report(self, queue_read_at: float, figures: dict[str, float]) -> NodeReport:
        free, reserve = free_bytes(self._settings.data_dir), self._settings.spool.reserve_bytes
        return NodeReport(
            release=__version__,
            at=time.time(),
            began=self._began,
            has_policy=self._has_policy(),
            has_room=free > reserve,
            free_bytes=free,
            reserve_bytes=reserve,
            queue_read_at=queue_read_at,
            figures=figures,
            purges=self._newest_purges(),
            addresses=own_addresses(self._settings.outbound),
            detours=self._detours_in_force(),
        )

    def _figures(self) -> dict[str, float]:
        """As `_sums`, once more where a process that starts is just writing its first ones. Raises `Unavailable`."""
        for _ in range(LOOKS):
            try:
                return self._sums()
            except _HALF_WRITTEN:
                time.sleep(LOOK_AGAIN_S)
        raise Unavailable("figures: a file of them is broken")

    def _sums(self) -> dict[str, float]:
        """Added up over their labels; those of one label or none are as /metrics shows them."""
        sums: dict[str, float] = defaultdict(float)
        for metric in self.registry.collect():
            for sample in metric.samples:
                if sample.name in TOLD_FIGURES:
                    sums[sample.name] += sample.value
        return dict(sums)

    def _newest_purges(self) -> tuple[PurgeRun, ...]:
        try:
            return self._purges.newest()
        except EcluseError:
            return ()

    def _detours_in_force(self) -> tuple[Detour, ...]:
        """Those that end last, so many at most."""
        try:
            found = [each for each in self._detours.all() if each.until > time.time()]
        except EcluseError:
            return ()
        return tuple(sorted(found, key=lambda each: -each.until)[:MOST_DETOURS])

    def _has_policy(self) -> bool:
        try:
            return self._policies.has_policy
        except EcluseError:
            return False
