"""When servers were down: what probes found, and what the provider enters besides. Nobody's in particular."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.sla.models import MAX_REASON, ForceMajeure, ProbedHour, ServerOutage
from ecluse.control.sla.probed import HOUR_S, PointHour, down_spans, watched_spans
from ecluse.control.sla.spans import Span, common, merged, seconds
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction

__all__ = ["ForceMajeure", "ServerOutage"]

MAX_DOCUMENT = 20_000
Entry = ServerOutage | ForceMajeure  # What the provider has entered.
KEPT = timedelta(days=365)  # Of minutes.


@dataclass(frozen=True, slots=True)
class Watched:
    """One service of one server within a span."""

    down: tuple[Span, ...]
    unwatched_s: int  # Of which fewer than two points have spoken.


def watched(server: str, service: Direction, within: Span) -> Watched:
    """From minutes and entries."""
    rows = ProbedHour.objects.filter(
        server=server, service=service, hour__gte=within.start // HOUR_S, hour__lte=within.end // HOUR_S
    )
    hours = [PointHour(each.hour, each.said, each.missed) for each in rows]
    told = ServerOutage.objects.filter(server=server, service=service, withdrawn_at=None)
    told = told.filter(start__lt=within.end, end__gt=within.start)
    down = merged((*down_spans(hours), *(Span(each.start, each.end) for each in told)))
    return Watched(common(down, [within]), max(0, within.seconds - seconds(common(watched_spans(hours), [within]))))


def excused(within: Span) -> tuple[Span, ...]:
    """Force majeure (12-1)."""
    rows = ForceMajeure.objects.filter(withdrawn_at=None, start__lt=within.end, end__gt=within.start)
    return common((Span(each.start, each.end) for each in rows), [within])


def enter_outage(server: str, service: Direction, when: Span, reason: str, *, by: Actor) -> ServerOutage:
    """What no probe saw. Raises `Impossible` without a reason, for no time, or for one to come."""
    with change(by=by) as act:
        _demand_past(when, reason, act.at.timestamp())
        row = ServerOutage.objects.create(
            server=server.casefold(),
            service=service,
            start=when.start,
            end=when.end,
            reason=reason.strip()[:MAX_REASON],
            entered_by=str(by),
            entered_at=act.at,
        )
        after = {"server": row.server, "service": service, "start": when.start, "end": when.end, "reason": row.reason}
        act.record("sla.outage-entered", row, after=after)
        return row


def enter_force_majeure(when: Span, reason: str, document: str, *, by: Actor) -> ForceMajeure:
    """Time that does not count (12-1). Raises `Impossible` without a reason and what proves it, or for no time that has passed."""
    if not document.strip():
        raise Impossible("what proves it is missing")
    with change(by=by) as act:
        _demand_past(when, reason, act.at.timestamp())
        row = ForceMajeure.objects.create(
            start=when.start,
            end=when.end,
            reason=reason.strip()[:MAX_REASON],
            document=document.strip()[:MAX_DOCUMENT],
            entered_by=str(by),
            entered_at=act.at,
        )
        after = {"start": when.start, "end": when.end, "reason": row.reason, "document": row.document}
        act.record("sla.force-majeure-entered", row, after=after)
        return row


def outages() -> QuerySet[ServerOutage]:
    """As entered, the newest first; those taken back, too."""
    return ServerOutage.objects.all()


def all_force_majeure() -> QuerySet[ForceMajeure]:
    """The same."""
    return ForceMajeure.objects.all()


def find_entry(kind: str, pk: int) -> Entry | None:
    """One of "outages" or "force-majeure"."""
    match kind:
        case "outages":
            return ServerOutage.objects.filter(pk=pk).first()
        case "force-majeure":
            return ForceMajeure.objects.filter(pk=pk).first()
        case _:
            return None


def withdraw(row: Entry, *, by: Actor) -> None:
    """It was a mistake: months that are closed keep what they were computed of. Raises `Impossible` a second time."""
    with change(by=by) as act:
        if not type(row).objects.filter(pk=row.pk, withdrawn_at=None).update(withdrawn_at=act.at):
            raise Impossible("it was taken back already")
        row.refresh_from_db()
        what = "force-majeure" if isinstance(row, ForceMajeure) else "outage"
        act.record(f"sla.{what}-withdrawn", row, before={"start": row.start, "end": row.end, "reason": row.reason})


def forget_minutes(now: datetime) -> None:
    """Months that are closed have what they need of them. A job of the provider's."""
    ProbedHour.objects.filter(hour__lt=int((now - KEPT).timestamp()) // HOUR_S).delete()


def _demand_past(when: Span, reason: str, now: float) -> None:
    if not reason.strip() or not when.seconds or when.end > now:
        raise Impossible("it has a reason, a beginning before its end, and is over")
