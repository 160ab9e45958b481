"""The three purge clocks (11-2, 15-4, 15-7 and 15-8): the proof of each run, and whether one stands still.

Nodes note their own runs and tell the newest with their reports; what the control plane purges itself it notes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from django.db.models import QuerySet

from ecluse.control.operation.models import ToldReport
from ecluse.control.privacy.models import ClockAlarm, PurgeRun
from ecluse.domain.node_report import NodeReport
from ecluse.domain.purge import CLOCKS, LIMITS_S, Clock, Purged
from ecluse.domain.purge import PurgeRun as ToldRun

__all__ = ["PurgeRun"]

OURS = ""  # The control plane, where a node's name would stand.
BY_NODES = (Purged.OUTAGE_MAIL, Purged.WAITING_MAIL, Purged.HELD_MAIL, Purged.JOURNAL, Purged.MESSAGE_LOG)
BY_US = (Purged.HELD_ROWS, Purged.TRAIL, Purged.SIGN_INS, Purged.OBJECTIONS, Purged.SHARED_LESSONS)
LATE_AFTER = timedelta(days=1)  # They run each hour.
RUNS_KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one clock stands over one store."""

    purged: Purged
    node: str
    last: PurgeRun | None
    is_late: bool  # It has not run for a day.
    is_over: bool  # It has run, and left what is too old.

    @property
    def clock(self) -> Clock:
        """Which of the three."""
        return CLOCKS[self.purged]

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to look at it."""
        return self.is_late or self.is_over


def note_run(purged: Purged, at: datetime, oldest_at: datetime | None, removed: int) -> None:
    """The control plane itself has purged."""
    PurgeRun.objects.create(purged=purged, node=OURS, at=at, oldest_at=oldest_at, removed=removed)


def take_in() -> int:
    """Note what the nodes tell of their runs; how many were new."""
    count = 0
    for row in ToldReport.objects.all():
        for run in _told(row):
            _, is_new = PurgeRun.objects.get_or_create(
                node=row.node,
                purged=run.purged,
                at=datetime.fromtimestamp(run.at, UTC),
                defaults={"oldest_at": _when(run.oldest), "removed": run.removed},
            )
            count += is_new
    return count


def forget_old(now: datetime) -> int:
    """Runs of a year ago."""
    return PurgeRun.objects.filter(at__lt=now - RUNS_KEPT).delete()[0]


def standings(now: datetime) -> list[Standing]:
    """Of the control plane, then of each node that reports."""
    since = _first_run()
    own = [_standing(purged, OURS, since, now) for purged in BY_US]
    nodes = [(row.node, _began(row)) for row in ToldReport.objects.all()]
    return own + [_standing(purged, node, began, now) for node, began in nodes for purged in BY_NODES]


def runs(*, node: str | None = None, purged: str = "") -> QuerySet[PurgeRun]:
    """The proofs, the newest first; of one node (`OURS` is one) and store where they are named."""
    found = PurgeRun.objects.all()
    if node is not None:
        found = found.filter(node=node)
    return found.filter(purged=purged) if purged else found


def alarms(now: datetime) -> tuple[list[Standing], list[ClockAlarm]]:
    """The clocks that have come to stand still since the last look, and those that run again."""
    wrong = {(each.node, each.purged.value): each for each in standings(now) if each.is_wrong}
    over = [each for each in ClockAlarm.objects.all() if (each.node, each.purged) not in wrong]
    ClockAlarm.objects.filter(pk__in=[each.pk for each in over]).delete()
    begun = []
    for (node, purged), standing in wrong.items():
        _, is_new = ClockAlarm.objects.get_or_create(node=node, purged=purged, defaults={"at": now})
        if is_new:
            begun.append(standing)
    return begun, over


def _standing(purged: Purged, node: str, since: datetime | None, now: datetime) -> Standing:
    """`since`: from then on it should have run."""
    last = PurgeRun.objects.filter(node=node, purged=purged).first()
    last_at = last.at if last else since
    limit = timedelta(seconds=LIMITS_S[CLOCKS[purged]]) + LATE_AFTER
    is_over = last is not None and last.oldest_at is not None and last.at - last.oldest_at > limit
    return Standing(purged, node, last, is_late=last_at is not None and now - last_at > LATE_AFTER, is_over=is_over)


def _told(row: ToldReport) -> Iterator[ToldRun]:
    report = _report(row)
    if report is not None:
        yield from report.purges


def _began(row: ToldReport) -> datetime | None:
    """When it should have begun to purge; None where that is not known."""
    report = _report(row)
    return None if report is None else datetime.fromtimestamp(report.began, UTC)


def _report(row: ToldReport) -> NodeReport | None:
    try:
        return row.report
    except msgspec.MsgspecError:
        return None


def _first_run() -> datetime | None:
    """The first of all: with it the proofs begin."""
    first = PurgeRun.objects.order_by("at").first()
    return None if first is None else first.at


def _when(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None
