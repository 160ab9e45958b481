"""What availability is measured by, for keys of the provider's own: vantage points, and what no probe says (9-7, 12-1).

A vantage point is added at the console, by a person: it gets a key, and keys make no keys.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import downtimes, probes, servers
from ecluse.control.sla.astray import Astray, mail_astray
from ecluse.control.sla.downtimes import ForceMajeure, ServerOutage
from ecluse.control.sla.spans import Span
from ecluse.control.sla.status import DAY_S
from ecluse.domain.incoming import Direction
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404

router = Router(tags=["Availability"])

_ASTRAY_DAYS = 7

Why = Annotated[texts.Reason, StringConstraints(strip_whitespace=True), Field(min_length=1)]


class VantagePointOut(BaseModel):
    """From where servers are asked."""

    id: int
    name: str
    since: datetime
    heard_at: datetime | None = Field(description="When it said something last; null: never.")


class VantagePointsOut(BaseModel):
    """Those in use, three at most."""

    items: list[VantagePointOut]


class OutageOut(BaseModel):
    """A server was down, as the provider has entered it."""

    id: int
    server: str
    service: Direction
    start: datetime
    end: datetime
    reason: str
    entered_by: str
    entered_at: datetime
    withdrawn_at: datetime | None = Field(description="Since when it counts no more; null: it counts.")


class ForceMajeureOut(BaseModel):
    """Time in which obligations were suspended."""

    id: int
    start: datetime
    end: datetime
    reason: str
    document: str = Field(description="What proves it.")
    entered_by: str
    entered_at: datetime
    withdrawn_at: datetime | None = Field(description="Since when it counts no more; null: it counts.")


class _SpanIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    start: texts.Time
    end: texts.Time
    reason: Why

    def span(self) -> Span:
        """Of whole seconds."""
        return Span(int(self.start.timestamp()), int(self.end.timestamp()))


class OutageIn(_SpanIn):
    """What no probe saw. It is over, and ends after its beginning."""

    server: Annotated[str, Field(max_length=253, description="One that a client has now.")]
    service: Direction


class ForceMajeureIn(_SpanIn):
    """Time that does not count. It is over, and ends after its beginning."""

    document: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1,
        max_length=downtimes.MAX_DOCUMENT,
        pattern=r"^[^\x00]*$",
        description="What proves it; clients may ask for it: the decree, the carrier's letter, what was done about it.",
    )


class StretchOut(BaseModel):
    """From one moment until before another."""

    start: datetime
    end: datetime


class AstrayOut(BaseModel):
    """Outbound mail of probes that a server took, and that two points did not see arrive in time."""

    server: str
    when: list[StretchOut]
    reason: str = Field(description="As the last point gave it.")


class AllAstrayOut(BaseModel):
    """By server; of the last seven days. It is no outage by itself."""

    items: list[AstrayOut]


@operation(router, "GET", "vantage-points", Permission.SEE_NODES, is_of_client=False)
def list_vantage_points(_call: Call) -> VantagePointsOut:
    """From where servers are asked, by name. A person adds them at the console: keys make no keys."""
    items = [
        VantagePointOut(id=each.pk, name=each.name, since=each.since, heard_at=each.heard_at)
        for each in probes.points()
    ]
    return VantagePointsOut(items=items)


@operation(router, "DELETE", "vantage-points/{int:point_id}", Permission.RUN_NODES, status=204, is_of_client=False)
def give_up_vantage_point(call: Call, point_id: int) -> None:
    """What it has said stands; its key opens nothing any more."""
    probes.give_up(or_404(probes.find_point(point_id)), by=call.by)


@operation(router, "GET", "outages", Permission.SEE_NODES, is_of_client=False)
def list_outages(_call: Call, asked: Query[Asked]) -> Page[OutageOut]:
    """What was entered besides what probes found, the newest entry first; those taken back, too."""
    return page_of(downtimes.outages(), asked, _outage, newest_first=True)


@operation(router, "POST", "outages", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def enter_outage(call: Call, body: OutageIn) -> OutageOut:
    """For what no probe saw. 409 where it is not over, or ends before it begins."""
    server = body.server.casefold()
    if server not in servers.all_names():
        raise invalid("body.server", "a server that a client has now")
    return _outage(downtimes.enter_outage(server, body.service, body.span(), body.reason, by=call.by))


@operation(router, "POST", "outages/{int:outage_id}/withdraw", Permission.CHANGE_CONTRACTS, is_of_client=False)
def withdraw_outage(call: Call, outage_id: int) -> OutageOut:
    """It was a mistake; months that are closed keep what they were computed of. 409 a second time."""
    row = or_404(downtimes.outages().filter(pk=outage_id).first())
    downtimes.withdraw(row, by=call.by)
    return _outage(row)


@operation(router, "GET", "force-majeure", Permission.SEE_NODES, is_of_client=False)
def list_force_majeure(_call: Call, asked: Query[Asked]) -> Page[ForceMajeureOut]:
    """Time that does not count, the newest entry first; what was taken back, too."""
    return page_of(downtimes.all_force_majeure(), asked, _force_majeure, newest_first=True)


@operation(router, "POST", "force-majeure", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def enter_force_majeure(call: Call, body: ForceMajeureIn) -> ForceMajeureOut:
    """Time in which obligations were suspended. 409 where it is not over, or ends before it begins."""
    return _force_majeure(downtimes.enter_force_majeure(body.span(), body.reason, body.document, by=call.by))


@operation(router, "POST", "force-majeure/{int:majeure_id}/withdraw", Permission.CHANGE_CONTRACTS, is_of_client=False)
def withdraw_force_majeure(call: Call, majeure_id: int) -> ForceMajeureOut:
    """It was a mistake; months that are closed keep what they were computed of. 409 a second time."""
    row = or_404(downtimes.all_force_majeure().filter(pk=majeure_id).first())
    downtimes.withdraw(row, by=call.by)
    return _force_majeure(row)


@operation(router, "GET", "mail-astray", Permission.SEE_NODES, is_of_client=False)
def list_mail_astray(_call: Call) -> AllAstrayOut:
    """Mail of probes that a server took and that did not arrive in time: no outage by itself, and worth a look."""
    until = int(timezone.now().timestamp())
    return AllAstrayOut(items=[_astray(each) for each in mail_astray(Span(until - _ASTRAY_DAYS * DAY_S, until))])


def _outage(row: ServerOutage) -> OutageOut:
    return OutageOut(
        id=row.pk,
        server=row.server,
        service=Direction(row.service),
        start=_moment(row.start),
        end=_moment(row.end),
        reason=row.reason,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        withdrawn_at=row.withdrawn_at,
    )


def _force_majeure(row: ForceMajeure) -> ForceMajeureOut:
    return ForceMajeureOut(
        id=row.pk,
        start=_moment(row.start),
        end=_moment(row.end),
        reason=row.reason,
        document=row.document,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        withdrawn_at=row.withdrawn_at,
    )


def _astray(each: Astray) -> AstrayOut:
    when = [StretchOut(start=_moment(one.start), end=_moment(one.end)) for one in each.spans]
    return AstrayOut(server=each.server, when=when, reason=each.reason)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
