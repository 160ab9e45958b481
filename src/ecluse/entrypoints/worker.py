"""`ecluse worker`: digests, letters, invoices, webhooks, what ends with time: the jobs of `worker_jobs.py`, each when it is due."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import structlog
from django.db import DatabaseError, connections

from ecluse.domain.errors import EcluseError
from ecluse.entrypoints.django_start import demand_migrated, start_django
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.worker_figures import look, serve_figures
from ecluse.entrypoints.worker_jobs import JOBS, LOOK_EVERY_S
from ecluse.web.catalogs import compile_into

log = structlog.get_logger()


def run(settings: Settings, *, once: bool) -> None:
    """Work until SIGTERM, or once. Raises `Impossible` where the database is not up to date."""
    compile_into(DataPaths(settings.data_dir).web_files / "locale")
    start_django(settings)
    demand_migrated()
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    is_watched = not once and serve_figures(settings)
    due = dict.fromkeys(JOBS, float("-inf"))
    while not ending.is_set():
        for name, job in JOBS.items():
            if time.monotonic() >= due[name]:
                _guarded(name, settings.hostname, partial(job.work, settings))
                due[name] = time.monotonic() + job.every_s
        if once:
            return
        if is_watched:
            look()
        ending.wait(LOOK_EVERY_S)


def _guarded(job: str, worker: str, work: Callable[[], None]) -> None:
    """What is away, or broken, ends no worker and no other job: what is due stays due. How it went is noted.

    Errors with single rows do not come up to here: `control/attempts/rows.py`.
    """
    began, ticks, trouble = datetime.now(UTC), time.monotonic(), "ended"
    try:
        work()
        trouble = ""
    except (DatabaseError, EcluseError, OSError) as problem:
        trouble = type(problem).__name__
        log.error("job put off", job=job, problem=trouble)
    except Exception as problem:
        trouble = type(problem).__name__
        log.exception("job failed", job=job, problem=trouble)
    finally:
        # Whoever ends the worker at it: "ended" stands there then.
        _note(job, worker, began, time.monotonic() - ticks, trouble)
        connections.close_all()


def _note(job: str, worker: str, began: datetime, took_s: float, trouble: str) -> None:
    from ecluse.control.operation.job_runs import note_run  # noqa: PLC0415 - models exist once Django has started.

    with suppress(DatabaseError):  # Then the page shows that the job is late.
        note_run(job, worker, began, took_s, trouble)
