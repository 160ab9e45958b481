"""The demonstration's past is lived by the worker's jobs: by its own clock, and by none other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from ecluse.entrypoints import invoice_jobs, worker_jobs
from ecluse.entrypoints.demo.moved_clock import moved_clock

DAY = date(2024, 2, 29)


def clocks():
    """All that the jobs ask what time it is."""
    return [job.datetime.now(UTC) for job in (worker_jobs, invoice_jobs)] + [timezone.now()]


def test_all_whom_the_jobs_ask_go_by_it_and_by_the_real_one_afterwards():
    with moved_clock(ZoneInfo("Europe/Paris"), DAY) as clock:
        assert clocks() == [datetime(2024, 2, 29, 9, tzinfo=UTC)] * 3
        clock.day = date(2024, 7, 1)
        assert clocks() == [datetime(2024, 7, 1, 8, tzinfo=UTC)] * 3
    assert all(abs((datetime.now(UTC) - now).total_seconds()) < 60 for now in clocks())
