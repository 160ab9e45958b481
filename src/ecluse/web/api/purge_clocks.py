"""The three purge clocks, and the proof of each run (11-2, 15-4, 15-7, 15-8). For the provider's own programs."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import clocks
from ecluse.control.privacy.clocks import PurgeRun, Standing
from ecluse.domain.purge import Clock, Purged
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of

router = Router(tags=["Registers"])


class PurgeRunOut(BaseModel):
    """One run of a clock over one store: its proof."""

    at: datetime
    store: Purged
    node: str = Field(description='"": the control plane.')
    oldest_at: datetime | None = Field(description="Of what remained; null: nothing did.")
    removed: int


class PurgeClockOut(BaseModel):
    """How one clock stands over one store."""

    clock: Clock = Field(description="outage: 168 hours; bodies: 30 days; logs: 365 days.")
    store: Purged
    node: str = Field(description='"": the control plane.')
    is_late: bool = Field(description="It has not run for a day.")
    is_over: bool = Field(description="It has run, and left what is too old.")
    last: PurgeRunOut | None


class PurgeClocksOut(BaseModel):
    """All of them."""

    items: list[PurgeClockOut]


class RunsAsked(Asked):
    """Which runs."""

    store: Purged | None = None
    node: texts.Line | None = None


@operation(router, "GET", "purge-clocks", Permission.SEE_NODES, is_of_client=False)
def list_purge_clocks(_call: Call) -> PurgeClocksOut:
    """Of the control plane, then of each node that reports."""
    return PurgeClocksOut(items=[_clock(each) for each in clocks.standings(timezone.now())])


@operation(router, "GET", "purge-runs", Permission.SEE_NODES, is_of_client=False)
def list_purge_runs(_call: Call, asked: Query[RunsAsked]) -> Page[PurgeRunOut]:
    """The proofs of a year, the newest first."""
    found = clocks.runs(node=asked.node, purged=asked.store or "")
    return page_of(found, asked, _run, newest_first=True)


def _clock(standing: Standing) -> PurgeClockOut:
    return PurgeClockOut(
        clock=standing.clock,
        store=standing.purged,
        node=standing.node,
        is_late=standing.is_late,
        is_over=standing.is_over,
        last=None if standing.last is None else _run(standing.last),
    )


def _run(row: PurgeRun) -> PurgeRunOut:
    return PurgeRunOut(at=row.at, store=Purged(row.purged), node=row.node, oldest_at=row.oldest_at, removed=row.removed)
