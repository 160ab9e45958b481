"""The chart of a client's availability as figures: by service and day (9-7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import servers, status
from ecluse.control.sla.status import DaysDown
from ecluse.domain.incoming import Direction
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation

router = Router(tags=["Service levels"])

MOST_DAYS = 90  # As the status page shows.


class ServiceDaysOut(BaseModel):
    """One service."""

    service: Direction
    down_minutes: list[int] = Field(description="For each of `days`; a minute that was begun is a whole one.")


class SlaDaysOut(BaseModel):
    """Minutes in which a service was not there; what is excused is left out. Both empty where the client has no servers."""

    days: list[date] = Field(description="UTC, the oldest first; the last is today.")
    services: list[ServiceDaysOut]


class SlaDaysAsked(BaseModel):
    """Of how many days."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30


@operation(router, "GET", "/sla/days", Permission.SEE_CLIENT)
def list_sla_days(call: Call, asked: Query[SlaDaysAsked]) -> SlaDaysOut:
    """How long each service was down on each of the last days."""
    if servers.pair_now() is None:
        return SlaDaysOut(days=[], services=[])
    services = status.services_of_client(call.client)
    days, down = status.days_down(services, timezone.now().date(), asked.days)
    return SlaDaysOut(days=days, services=[_service(each) for each in down])


def _service(row: DaysDown) -> ServiceDaysOut:
    return ServiceDaysOut(service=row.service, down_minutes=list(row.minutes))
