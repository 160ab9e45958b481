"""How the jobs of `ecluse worker` went: their last run each, whichever worker it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from ecluse.control.operation.models import JobRun

__all__ = ["JobRun"]

NOTED_EVERY = timedelta(seconds=60)  # One that runs every few seconds and goes well is noted so often.


def note_run(job: str, worker: str, began_at: datetime, took_s: float, trouble: str) -> None:
    """A job has ended; `trouble` is "" where it went well."""
    last = JobRun.objects.filter(job=job).first()
    if last is not None and not trouble and not last.trouble and began_at - last.began_at < NOTED_EVERY:
        return
    values = {"worker": worker, "began_at": began_at, "took_s": took_s, "trouble": trouble[:100]}
    if not trouble:
        values["went_well_at"] = began_at
    JobRun.objects.update_or_create(job=job, defaults=values)


def job_runs() -> QuerySet[JobRun]:
    """In the order of their names."""
    return JobRun.objects.all()
