"""What vantage points say of the nodes, each with its own key (9-8)."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import probes
from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import MAX_REASON, MAX_RESULTS, ProbeResult, Step
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.pages import or_404

router = Router(tags=["Nodes and queues"])


class ResultIn(BaseModel):
    """One service of one server in one minute."""

    model_config = ConfigDict(extra="forbid")
    server: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9._-]+$")]
    service: Direction
    minute: Annotated[int, Field(ge=0, lt=2**31, description="In which the session began, counted since the epoch.")]
    is_missed: bool
    reason: Annotated[str, Field(max_length=MAX_REASON, pattern=r"^[^\x00]*$")] = ""
    step: Annotated[
        Step,
        Field(description="Missed was the final reply, or the arrival of mail that was taken, which is no outage."),
    ] = Step.REPLY


class ResultsIn(BaseModel):
    """Some of them, of any time in the last fifteen days."""

    model_config = ConfigDict(extra="forbid")
    results: Annotated[list[ResultIn], Field(max_length=MAX_RESULTS)]


class ResultsOut(BaseModel):
    """What became of them."""

    new: int
    known: int = Field(description="The point had spoken on that minute before; its first word stands.")
    left: int = Field(description="Too old, to come, or of a server that no client was given.")


@operation(router, "POST", "probes/results", Permission.REPORT_PROBES, is_of_client=False, keeps_answers=False)
def report_probes(call: Call, body: ResultsIn) -> ResultsOut:
    """Say what a vantage point found. Told again, nothing is counted twice."""
    point = or_404(probes.point_of(call.key))
    found = [
        ProbeResult(each.server, each.service, each.minute, each.is_missed, each.reason, each.step)
        for each in body.results
    ]
    taken = probes.take(point, found, timezone.now())
    return ResultsOut(new=taken.new, known=taken.known, left=taken.left)
