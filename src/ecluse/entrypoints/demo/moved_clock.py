"""A clock of its own for the worker's jobs and all that changes: the demonstration's history happens by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time, tzinfo

from django.utils import timezone

from ecluse.entrypoints import invoice_jobs, worker_jobs

_MORNING = time(10)


class MovedClock:
    """Stands still until somebody moves it."""

    def __init__(self, zone: tzinfo, day: date) -> None:
        self._zone = zone
        self.day = day

    def now(self, zone: tzinfo | None = None) -> datetime:
        """Ten in the morning of its day."""
        return datetime.combine(self.day, _MORNING, self._zone).astimezone(zone)


@contextmanager
def moved_clock(zone: tzinfo, day: date) -> Iterator[MovedClock]:
    """Of this process alone, and of what asks Django or is a job of the worker's."""
    clock = MovedClock(zone, day)

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one is as good
            return clock.now(tz)

    moved = ((timezone, "now", lambda: clock.now(timezone.get_default_timezone())),)
    with ExitStack() as stack:
        for where, name, value in (*moved, (worker_jobs, "datetime", Moved), (invoice_jobs, "datetime", Moved)):
            stack.callback(setattr, where, name, getattr(where, name))
            setattr(where, name, value)
        yield clock
