"""The month that runs, as a client's page shows it: availability so far, and whether its MX records name both servers (9-7, 9-9)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import mx_checks, servers, status
from ecluse.control.sla.status import RunningService
from ecluse.domain.incoming import Direction
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.sla_words import percent_in_words

router = Router(tags=["Service levels"])


class RunningServiceOut(BaseModel):
    """One service, as if nothing more happened this month."""

    service: Direction
    percent: str = Field(description="With four decimals at most, cut off.")
    is_kept: bool = Field(description="99.99 %, exactly.")
    down_s: int
    unwatched_s: int = Field(description="Of which fewer than two points have spoken: it counts as up.")


class MxCheckOut(BaseModel):
    """What the client's MX records said, once a day."""

    at: datetime
    names_both: bool | None = Field(
        description="Of one domain at least; false: outages do not count. null: the DNS did not say."
    )
    missing: dict[str, list[str] | None] = Field(
        description="By domain: the servers that are missing there; null: the DNS did not say."
    )


class RunningMonthOut(BaseModel):
    """All null and empty where there is no contract, or no servers."""

    month: date | None
    services: list[RunningServiceOut]
    mx: MxCheckOut | None = Field(description="null: nobody has looked yet.")


@operation(router, "GET", "/sla/running-month", Permission.SEE_CLIENT)
def show_running_month(call: Call) -> RunningMonthOut:  # noqa: ARG001 - its scope is open.
    """What the month that runs has come to so far, on the contract's clocks."""
    found = None if servers.pair_now() is None else status.running_month(timezone.now())
    if found is None:
        return RunningMonthOut(month=None, services=[], mx=_check())
    month, services = found
    return RunningMonthOut(month=month.first_day, services=[_service(each) for each in services], mx=_check())


def _service(each: RunningService) -> RunningServiceOut:
    return RunningServiceOut(
        service=each.service,
        percent=percent_in_words(100 * each.availability.share),
        is_kept=each.availability.is_kept,
        down_s=each.availability.down_s,
        unwatched_s=each.unwatched_s,
    )


def _check() -> MxCheckOut | None:
    row = mx_checks.last_check()
    if row is None:
        return None
    return MxCheckOut(at=datetime.fromtimestamp(row.at, UTC), names_both=row.names_both, missing=row.domains)
