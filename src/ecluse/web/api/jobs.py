"""The jobs of `ecluse worker`: how each went last, and the rows that one could not do."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.operation import put_off
from ecluse.control.operation.job_runs import JobRun, job_runs
from ecluse.control.operation.put_off import Attempt
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation

router = Router(tags=["Jobs"])


class JobOut(BaseModel):
    """How one job went last, whichever worker ran it."""

    name: str
    worker: str = Field(description="The machine it ran on.")
    began_at: datetime = Field(description="The most seldom one runs each hour: after two hours no worker runs.")
    took_s: float
    trouble: str = Field(description='What it failed of; "": it went well.')
    went_well_at: datetime | None = Field(description="null: it never did.")


class JobsOut(BaseModel):
    """All that have ever run, in the order of their names."""

    items: list[JobOut]


class RowPutOffOut(BaseModel):
    """One row that a job could not do, by an error of ours."""

    id: int
    work: str = Field(description="What was to be done.")
    row: str = Field(description="A table's name, and the row's number there.")
    times: int = Field(description="So often it was tried.")
    problem: str
    tried_at: datetime
    next_at: datetime | None = Field(
        description="null: a letter that may have gone; it waits for a person, who looks whether it arrived."
    )


class RowsPutOffOut(BaseModel):
    """Those that were tried longest ago first, 200 at most."""

    items: list[RowPutOffOut]


class TriedAgainOut(BaseModel):
    """Its job takes it at its next run."""

    id: int


@operation(router, "GET", "jobs", Permission.SEE_NODES, is_of_client=False)
def list_jobs(_call: Call) -> JobsOut:
    """The last run of each."""
    return JobsOut(items=[_job(each) for each in job_runs()])


@operation(router, "GET", "jobs/rows", Permission.SEE_NODES, is_of_client=False)
def list_rows_put_off(_call: Call) -> RowsPutOffOut:
    """Rows that could not be done; most are tried again by themselves, at last once a day."""
    return RowsPutOffOut(items=[_row(each) for each in put_off.rows_put_off(timezone.now())])


@operation(router, "POST", "jobs/rows/{int:attempt_id}/again", Permission.RUN_NODES, status=202, is_of_client=False)
def try_row_again(call: Call, attempt_id: int) -> TriedAgainOut:
    """Have it tried within a minute; a letter may come a second time then. 404 where it waits no more, or is in hand."""
    if not put_off.try_again(attempt_id, timezone.now(), by=call.by):
        raise Http404
    return TriedAgainOut(id=attempt_id)


def _job(row: JobRun) -> JobOut:
    return JobOut(
        name=row.job,
        worker=row.worker,
        began_at=row.began_at,
        took_s=row.took_s,
        trouble=row.trouble,
        went_well_at=row.went_well_at,
    )


def _row(row: Attempt) -> RowPutOffOut:
    return RowPutOffOut(
        id=row.pk,
        work=row.work,
        row=row.row,
        times=row.times,
        problem=row.problem,
        tried_at=row.at,
        next_at=row.next_at,
    )
