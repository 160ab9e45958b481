"""How a client's service is: now, by day, and in the month that runs; and a page of it for whoever has its address."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.sla.availability import Availability, Month, availability, unavailable
from ecluse.control.sla.downtimes import excused
from ecluse.control.sla.models import ProbedHour, StatusPage
from ecluse.control.sla.mx_checks import misconfigured
from ecluse.control.sla.probed import HOUR_S, MINUTE_S, PointHour, down_spans, watched_spans
from ecluse.control.sla.servers import columns, pair_now
from ecluse.control.sla.spans import Span, common, seconds
from ecluse.control.tenants.models import Client
from ecluse.domain.incoming import Direction

__all__ = ["StatusPage"]

_RECENT_S = 10 * MINUTE_S
_TOKEN_OCTETS = 32
DAY_S = 86_400
_UTC = ZoneInfo("UTC")


class ServiceStanding(StrEnum):
    """How a service of a server is."""

    UP = "up"
    DOWN = "down"
    UNWATCHED = "unwatched"  # Fewer than two points have spoken of the last ten minutes.


@dataclass(frozen=True, slots=True)
class ServerNow:
    """One service of one server."""

    server: str
    service: Direction
    standing: ServiceStanding


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """One service of a client: it is down while both of its servers are (9-8)."""

    service: Direction
    servers: tuple[ServerNow, ...]

    @property
    def standing(self) -> ServiceStanding:
        """Of the service."""
        found = {each.standing for each in self.servers}
        if ServiceStanding.UP in found:
            return ServiceStanding.UP
        return ServiceStanding.DOWN if found == {ServiceStanding.DOWN} else ServiceStanding.UNWATCHED


@dataclass(frozen=True, slots=True)
class RunningService:
    """One service in the month that runs."""

    service: Direction
    availability: Availability  # As if nothing more happened.
    unwatched_s: int


def server_now(server: str, service: Direction, now: int) -> ServerNow:
    """By the last minute of which two points have spoken."""
    rows = ProbedHour.objects.filter(server=server, service=service, hour__gte=(now - _RECENT_S) // HOUR_S)
    hours = [PointHour(each.hour, each.said, each.missed) for each in rows]
    recent = [Span(now - _RECENT_S, now + MINUTE_S)]
    watched = common(watched_spans(hours), recent)
    if not watched:
        return ServerNow(server, service, ServiceStanding.UNWATCHED)
    last = Span(watched[-1].end - 1, watched[-1].end)
    is_down = bool(common(down_spans(hours), [last]))
    return ServerNow(server, service, ServiceStanding.DOWN if is_down else ServiceStanding.UP)


def services_of(contract: Contract) -> tuple[Direction, ...]:
    """What it gives."""
    bundle = Bundle(contract.bundle)
    has = {Direction.INBOUND: bundle.has_inbound, Direction.OUTBOUND: bundle.has_outbound}
    return tuple(each for each in Direction if has[each])


def services_of_client(client: Client) -> tuple[Direction, ...]:
    """What it has, with a contract or by the provider's word."""
    has = {Direction.INBOUND: client.has_inbound, Direction.OUTBOUND: client.has_outbound}
    return tuple(each for each in Direction if has[each])


def services_now(client: Client, now: int) -> tuple[ServiceNow, ...]:
    """In the client's scope; none where it was given no servers."""
    pair = pair_now()
    if pair is None:
        return ()
    return tuple(
        ServiceNow(each, tuple(server_now(name, each, now) for name in pair.names))
        for each in services_of_client(client)
    )


def month_so_far(service: Direction, month: Month, until: int) -> tuple[Availability, int]:
    """Of the whole month, as if nothing came any more; and of how many seconds of it fewer than two points have spoken."""
    within = _so_far(month, until)
    found = columns(service, within)
    down = (found.first, found.second)
    return availability(month, down, excused(within), misconfigured(service, within)), found.unwatched_s


def running_month(now: datetime) -> tuple[Month, tuple[RunningService, ...]] | None:
    """On the clocks of the scope's contract in force; None where there is none."""
    contract = contract_in_force()
    if contract is None:
        return None
    month, until = Month.of(now.astimezone(contract.zone).date(), contract.zone), int(now.timestamp())
    found = (RunningService(each, *month_so_far(each, month, until)) for each in services_of(contract))
    return month, tuple(found)


def _counted(service: Direction, month: Month, until: int) -> tuple[Span, ...]:
    """The month's unavailability so far, of the scope's client."""
    within = _so_far(month, until)
    found = columns(service, within)
    return unavailable(month, (found.first, found.second), excused(within), misconfigured(service, within))


def _so_far(month: Month, until: int) -> Span:
    return Span(month.span.start, min(month.span.end, until))


@dataclass(frozen=True, slots=True)
class DaysDown:
    """Minutes of each day, UTC, in which a service was not there; what is excused is left out."""

    service: Direction
    minutes: tuple[int, ...]


def days_down(services: Sequence[Direction], last: date, count: int) -> tuple[list[date], list[DaysDown]]:
    """Of the scope's client, so many days up to that one."""
    days = [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
    starts = [int(datetime(each.year, each.month, each.day, tzinfo=UTC).timestamp()) for each in days]
    whole = Span(starts[0], starts[-1] + DAY_S)
    return days, [DaysDown(each, tuple(_by_day(_counted_within(each, whole), starts))) for each in services]


def _counted_within(service: Direction, within: Span) -> tuple[Span, ...]:
    first = datetime.fromtimestamp(within.start, UTC).date()
    month, found = Month(first.year, first.month, _UTC), list[Span]()
    while month.span.start < within.end:
        found += _counted(service, month, within.end)
        month = month.following
    return common(found, [within])


def _by_day(spans: tuple[Span, ...], starts: Sequence[int]) -> list[int]:
    return [-(-seconds(common(spans, [Span(start, start + DAY_S)])) // MINUTE_S) for start in starts]


def status_page() -> StatusPage | None:
    """Of the scope's client."""
    return StatusPage.objects.first()


def open_status_page(client: Client, *, by: Actor) -> StatusPage:
    """At a new address: an older one leads nowhere from now on. In the client's scope."""
    with change(by=by) as act:
        StatusPage.objects.all().delete()
        row = StatusPage.objects.create(client=client, token=secrets.token_urlsafe(_TOKEN_OCTETS), made_at=act.at)
        act.record("sla.status-page-opened", row, client_id=client.pk)
        return row


def close_status_page(client: Client, *, by: Actor) -> None:
    """Its address leads nowhere."""
    with change(by=by) as act:
        row = status_page()
        if row is not None:
            act.record("sla.status-page-closed", row, client_id=client.pk)
            row.delete()


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What a status page shows."""

    client: Client
    services: tuple[ServiceNow, ...]
    days: list[date]
    down: list[DaysDown]


def public_status(token: str, now: datetime, days: int) -> PublicStatus | None:
    """Behind this address; None where there is nothing."""
    with scopes_disabled():  # Whose it is, the address says.
        row = StatusPage.objects.filter(token=token).select_related("client").first()
    if row is None:
        return None
    with scope(client=row.client):
        has = services_of_client(row.client)
        shown, down = days_down(has, now.date(), days)
        return PublicStatus(row.client, services_now(row.client, int(now.timestamp())), shown, down)
