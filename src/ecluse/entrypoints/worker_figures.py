"""Figures of `ecluse worker` for Prometheus, where `[metrics] worker_listen` says a place."""

from __future__ import annotations

from contextlib import suppress

import structlog
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from ecluse.entrypoints.settings_tables import Settings

log = structlog.get_logger()

ROWS_PUT_OFF = Gauge(
    "ecluse_rows_put_off",
    "Rows that a job of the worker could not do for an error that nobody foresaw, by what was to be done.",
    ["work"],
    registry=None,
)
PROBE_SILENT = Gauge(
    "ecluse_probe_point_silent_seconds",
    "Seconds since a vantage point was heard last; of one that never was, since it was added (9-8).",
    ["point"],
    registry=None,
)

MAIL_ASTRAY = Gauge(
    "ecluse_probe_mail_astray_minutes",
    "Minutes of the last hour whose outbound mail a server took, and two vantage points did not see arrive in time.",
    ["server"],
    registry=None,
)


def serve_figures(settings: Settings) -> bool:
    """Listen, in a thread of its own; False where nobody asked for it, or the port is taken, which is logged."""
    where, registry = settings.metrics.worker_listen, CollectorRegistry()
    if not where:
        return False
    registry.register(ROWS_PUT_OFF)
    registry.register(PROBE_SILENT)
    registry.register(MAIL_ASTRAY)
    try:
        start_http_server(where.port, where.host, registry)
    except OSError as problem:
        log.error("no metrics", listen=str(where), problem=str(problem))
        return False
    return True


def look() -> None:
    """What the database says, whichever worker wrote it there. One that is away leaves all as it is: `job put off` tells of that."""
    from ecluse.control.attempts.rows import put_off  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.control.sla.astray import astray_lately  # noqa: PLC0415 - as above.
    from ecluse.control.sla.probes import silences  # noqa: PLC0415 - as above.

    with suppress(DatabaseError):
        now = timezone.now()
        counted, silent, late = put_off(now), silences(now), astray_lately(now)
        ROWS_PUT_OFF.clear()
        for work, rows in counted.items():
            ROWS_PUT_OFF.labels(work).set(rows)
        PROBE_SILENT.clear()
        for point, seconds in silent.items():
            PROBE_SILENT.labels(point).set(seconds)
        MAIL_ASTRAY.clear()
        for server, minutes in late.items():
            MAIL_ASTRAY.labels(server).set(minutes)
