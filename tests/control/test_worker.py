"""`ecluse worker`: what it does by the clock, and whom it does not wait for."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import DatabaseError
from structlog.testing import capture_logs

from ecluse.control.audit.models import Checkpoint, Entry
from ecluse.control.audit.queries import verify
from ecluse.control.audit.signing import audit_key
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.entrypoints import worker
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from tests.control.cast import client

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


@pytest.mark.django_db
def test_the_trail_is_purged_after_365_days_and_what_is_left_verifies(tmp_path):
    settings = Settings(hostname="gateway.test", data_dir=tmp_path)

    def left_at(moment):
        with time_machine.travel(moment, tick=False):
            worker.JOBS["audit trail"].work(settings)
        return list(Entry.objects.values_list("number", flat=True))

    for day in (0, 1, 30):
        with time_machine.travel(START + day * DAY, tick=False):
            client(f"Client {day}")
    assert left_at(START + 365 * DAY) == [1, 2, 3]
    assert not Checkpoint.objects.exists()
    assert left_at(START + 366 * DAY + HOUR) == [3]
    assert left_at(START + 366 * DAY + 2 * HOUR) == [3]
    key = audit_key(DataPaths(tmp_path).audit_key).public_key()
    assert (Checkpoint.objects.get().number, list(verify(key))) == (2, [])
    assert left_at(START + 400 * DAY) == []
    assert list(verify(key)) == []


@pytest.mark.parametrize("problem", [DatabaseError(), Unavailable("away"), Impossible("a broken key"), OSError()])
def test_a_job_that_fails_is_put_off_and_ends_nothing(problem):
    def broken():
        raise problem

    with capture_logs() as said:
        worker._guarded("some job", broken)
    assert [(each["event"], each["job"]) for each in said] == [("job put off", "some job")]
