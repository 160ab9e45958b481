"""How a client's service is, and what its months came to (articles 9, 10)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import breaches, closing, servers, status
from ecluse.control.sla.status import ServiceNow, ServiceStanding
from ecluse.domain.incoming import Direction
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.pages import or_404

router = Router(tags=["Service levels"])


class ServerOut(BaseModel):
    """One of both servers."""

    name: str
    standing: ServiceStanding


class ServiceOut(BaseModel):
    """One service: down while both servers are."""

    service: Direction
    standing: ServiceStanding = Field(
        description="unwatched: fewer than two points have spoken of the last ten minutes."
    )
    servers: list[ServerOut]


class BreachOut(BaseModel):
    """A promise that a month broke, and the client's choice."""

    id: int
    month: date
    kind: str
    choose_until: date
    choice: str = Field(description="Empty: nothing is chosen yet.")


class SlaOut(BaseModel):
    """Now, and open choices."""

    servers: list[str] = Field(description="The two that MX records must name (9-6, 9-9).")
    services: list[ServiceOut]
    breaches: list[BreachOut] = Field(description="For who may `see-billing`; else none.")


class MonthOut(BaseModel):
    """A closed month."""

    id: int
    month: date
    closed_at: datetime
    broken: list[str] = Field(description="verdicts, viruses, availability.")
    figures: dict[str, Any] = Field(description="Availability by service, each party's worst weeks, viruses.")
    seal: str = Field(description="SHA-256, bound to the month before.")


class MonthInFull(BaseModel):
    """A closed month with what it was computed of."""

    month: MonthOut
    previous: str = Field(description="The seal of the month before.")
    inputs: dict[str, Any]
    faults: list[str] = Field(description="What differs when it is computed again; none: all is as it was made.")


class StatusPageOut(BaseModel):
    """For the client's own people: it shows how the services are, and the client's name, to whoever has its address."""

    url: str | None = Field(description="null: it is closed.")


@operation(router, "GET", "/sla", Permission.SEE_CLIENT)
def show_sla(call: Call) -> SlaOut:
    """How the services are now, and what may be chosen."""
    pair = servers.pair_now()
    found = status.services_now(call.client, int(timezone.now().timestamp()))
    return SlaOut(
        servers=[] if pair is None else list(pair.names),
        services=[_service(each) for each in found],
        breaches=[_breach(each) for each in breaches.breaches()] if call.grant.allows(Permission.SEE_BILLING) else [],
    )


@operation(router, "GET", "/sla/months", Permission.SEE_CLIENT)
def list_sla_months(call: Call, asked: Query[Asked]) -> Page[MonthOut]:  # noqa: ARG001 - its scope is open.
    """Closed months."""
    return page_of(closing.closings(), asked, _month)


@operation(router, "GET", "/sla/months/{int:closing_id}", Permission.SEE_CLIENT)
def show_sla_month(call: Call, closing_id: int) -> MonthInFull:  # noqa: ARG001 - its scope is open.
    """One of them, with all that is kept of it, for whoever computes it again."""
    row = or_404(closing.closings().filter(pk=closing_id).first())
    return MonthInFull(month=_month(row), previous=row.previous, inputs=row.inputs, faults=closing.faults_of(row))


@operation(router, "GET", "/sla/status-page", Permission.SEE_CLIENT)
def show_status_page(call: Call) -> StatusPageOut:  # noqa: ARG001 - its scope is open.
    """Where it is."""
    return _status_page(status.status_page())


@operation(router, "PUT", "/sla/status-page", Permission.CHANGE_SETTINGS)
def open_status_page(call: Call) -> StatusPageOut:
    """Open it, at a new address each time: the one before leads nowhere any more."""
    return _status_page(status.open_status_page(call.client, by=call.by))


@operation(router, "DELETE", "/sla/status-page", Permission.CHANGE_SETTINGS, status=204)
def close_status_page(call: Call) -> None:
    """Close it."""
    status.close_status_page(call.client, by=call.by)


def _status_page(row: status.StatusPage | None) -> StatusPageOut:
    return StatusPageOut(
        url=None if row is None else f"{settings.ECLUSE_URL}{reverse('status_page', args=[row.token])}"
    )


def _service(each: ServiceNow) -> ServiceOut:
    return ServiceOut(
        service=each.service,
        standing=each.standing,
        servers=[ServerOut(name=one.server, standing=one.standing) for one in each.servers],
    )


def _breach(row: breaches.Breach) -> BreachOut:
    return BreachOut(
        id=row.pk, month=row.closing.month, kind=row.kind, choose_until=row.choose_until, choice=row.choice
    )


def _month(row: closing.MonthClosing) -> MonthOut:
    return MonthOut(
        id=row.pk,
        month=row.month,
        closed_at=row.closed_at,
        broken=row.figures["broken"],
        figures=row.figures,
        seal=row.seal,
    )
