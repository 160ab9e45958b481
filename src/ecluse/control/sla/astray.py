"""Outbound mail of probes that a server took, and that did not come to a sink in time: shown, alarmed, and no outage (9-7)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from ecluse.control.sla.models import ProbedHour
from ecluse.control.sla.probed import HOUR_S, MINUTE_S, PointHour, down_spans
from ecluse.control.sla.servers import all_names
from ecluse.control.sla.spans import Span, common, seconds


@dataclass(frozen=True, slots=True)
class Astray:
    """Minutes whose outbound mail a server took, and that two points did not see arrive in time."""

    server: str
    spans: tuple[Span, ...]
    reason: str  # As the last point gave it.


def mail_astray(within: Span) -> list[Astray]:
    """By server, where there are any. They are no outage by themselves: decision 0038."""
    hours: dict[str, list[ProbedHour]] = defaultdict(list)
    rows = ProbedHour.objects.filter(hour__gte=within.start // HOUR_S, hour__lte=within.end // HOUR_S)
    for row in rows.exclude(astray=0).order_by("server", "hour", "pk"):
        hours[row.server].append(row)
    found = []
    for server, some in hours.items():
        spans = down_spans(PointHour(each.hour, each.followed, each.astray) for each in some)
        if late := common(spans, [within]):
            found.append(Astray(server, late, some[-1].reason))
    return found


def astray_lately(now: datetime) -> dict[str, int]:
    """How many minutes of the last hour, by server; 0 for those whose mail all came."""
    until = int(now.timestamp())
    found = {each.server: seconds(each.spans) // MINUTE_S for each in mail_astray(Span(until - HOUR_S, until))}
    return dict.fromkeys(all_names(), 0) | found
