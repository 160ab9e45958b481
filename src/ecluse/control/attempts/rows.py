"""The border around each row of a job: an error that nobody foresaw is logged and noted, and the other rows are done.

    return for_each("turn a contract", running, _turn, now)

A row that failed is tried again, at first after a minute, then ever more seldom, once a day at last; the page *Jobs* shows
it, `ecluse_rows_put_off` counts it. What is away for all rows alike (the database, the mail server, the disk) is no fault of
a row: it ends the job for this time, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, models
from django.db.models import Q, QuerySet

from ecluse.control.attempts.models import Attempt
from ecluse.domain.errors import Unavailable

log = structlog.get_logger()

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
IN_HAND_FOR = timedelta(minutes=15)  # No letter takes so long: who had it was killed.
_GONE_AFTER = timedelta(days=7)  # What is there is tried each day.
_UNLOOKED_AFTER = timedelta(days=365)
_AWAY = (Unavailable, OperationalError, InterfaceError, OSError)

Row = TypeVar("Row")
Kept = TypeVar("Kept", bound=models.Model)


def for_each(
    work: str,
    rows: Iterable[Row],
    do: Callable[[Row], int],
    now: datetime,
    *,
    name: Callable[[Row], str] | None = None,
    is_ordered: bool = False,
) -> int:
    """Do it with every row that may be tried now; the sum of what that returns. `name` of what is no row of a table.

    `do` is whole or not at all: whatever it wrote before an error is taken back by itself. What was ordered (`order`) is
    ended by `do`, and stays ordered where that did nothing.
    """
    noted = {attempt.row: attempt for attempt in Attempt.objects.filter(work=work)}
    count = 0
    for row in rows:
        key = key_of(row) if name is None else name(row)
        if not _may_be_tried(noted.get(key), now):
            continue
        try:
            count += do(row)
        except _AWAY:
            raise
        except Exception as problem:  # noqa: BLE001 - the border: whatever it is, it is this row's alone.
            _put_off(work, key, problem, now)
        else:
            if key in noted and not is_ordered:
                Attempt.objects.filter(pk=noted[key].pk, next_at__isnull=False).delete()
    return count


def ready(work: str, rows: QuerySet[Kept], now: datetime) -> QuerySet[Kept]:
    """Without those that wait after an error: who looks at a few at once sees others."""
    prefix = _prefix(rows.model)
    waiting = Attempt.objects.filter(Q(next_at=None) | Q(next_at__gt=now), work=work, row__startswith=prefix)
    keys = [row.removeprefix(prefix) for row in waiting.values_list("row", flat=True)]
    return rows.exclude(pk__in=keys) if keys else rows


def order(work: str, row: models.Model, now: datetime) -> bool:
    """Have it done once, soon; False where it is ordered already."""
    _, is_new = Attempt.objects.get_or_create(work=work, row=key_of(row), defaults={"at": now, "next_at": now})
    return is_new


def ordered(work: str, rows: QuerySet[Kept], now: datetime) -> QuerySet[Kept]:
    """Those that were ordered, and may be tried now."""
    prefix = _prefix(rows.model)
    wanted = Attempt.objects.filter(work=work, row__startswith=prefix, next_at__lte=now)
    return rows.filter(pk__in=[row.removeprefix(prefix) for row in wanted.values_list("row", flat=True)])


def key_of(row: object) -> str:
    """What a row is called in log and table. Raises `TypeError` for what is none."""
    if not isinstance(row, models.Model):
        raise TypeError(f"{type(row).__name__} is no row: give it a name")
    return f"{_prefix(type(row))}{row.pk}"


def put_off(now: datetime) -> Mapping[str, int]:
    """How many rows wait for their next attempt, or for a person, by what was to be done."""
    counted = waiting(now).order_by().values("work").annotate(rows=models.Count("pk"))
    return {one["work"]: one["rows"] for one in counted}


def waiting(now: datetime) -> QuerySet[Attempt]:
    """Those that failed, and letters of which nobody knows whether they went; without what somebody is working on."""
    is_failed = Q(next_at__isnull=False, times__gt=0)
    return Attempt.objects.filter(is_failed | Q(next_at=None, at__lt=now - IN_HAND_FOR))


def forget_old(now: datetime) -> None:
    """Attempts of rows that are gone, or were done otherwise; and what nobody has looked at for a year."""
    Attempt.objects.filter(next_at__isnull=False, at__lt=now - _GONE_AFTER).delete()
    Attempt.objects.filter(next_at=None, at__lt=now - _UNLOOKED_AFTER).delete()


def _prefix(table: type[models.Model]) -> str:
    return f"{table._meta.label_lower}:"  # noqa: SLF001 - Django's public name for it.


def _may_be_tried(attempt: Attempt | None, now: datetime) -> bool:
    return attempt is None or (attempt.next_at is not None and attempt.next_at <= now)


def _put_off(work: str, key: str, problem: Exception, now: datetime) -> None:
    log.error("row put off", work=work, row=key, problem=type(problem).__name__, exc_info=problem)
    attempt, _ = Attempt.objects.get_or_create(work=work, row=key, defaults={"at": now, "next_at": now})
    if attempt.next_at is None:  # A letter that may have gone: a person looks.
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt.times, 20))
    Attempt.objects.filter(pk=attempt.pk).update(
        times=attempt.times + 1, problem=type(problem).__name__[:100], at=now, next_at=now + pause
    )
