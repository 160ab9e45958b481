"""The SLA in words, as both sides' pages and the public one show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.mail.rates import Party
from ecluse.control.sla.availability import Availability
from ecluse.control.sla.breaches import BreachKind, Remedy
from ecluse.control.sla.figures import Figures
from ecluse.control.sla.spans import Span
from ecluse.control.sla.status import DaysDown, ServiceNow, ServiceStanding
from ecluse.domain.incoming import Direction
from ecluse.web.charts import Series, StackedBars

SERVICES: Mapping[str, str | Promise] = MappingProxyType(
    {Direction.INBOUND: gettext_lazy("Inbound mail"), Direction.OUTBOUND: gettext_lazy("Outbound mail")}
)
STANDINGS: Mapping[str, str | Promise] = MappingProxyType(
    {
        ServiceStanding.UP: gettext_lazy("up"),
        ServiceStanding.DOWN: gettext_lazy("down"),
        ServiceStanding.UNWATCHED: gettext_lazy("not measured"),
    }
)
_COLOURS = MappingProxyType(
    {ServiceStanding.UP: "success", ServiceStanding.DOWN: "danger", ServiceStanding.UNWATCHED: "secondary"}
)
KINDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        BreachKind.VERDICTS: gettext_lazy("Wrong verdicts"),
        BreachKind.VIRUSES: gettext_lazy("Viruses received"),
        BreachKind.AVAILABILITY: gettext_lazy("Availability"),
    }
)
REMEDIES: Mapping[str, str | Promise] = MappingProxyType(
    {
        Remedy.TERMINATE: gettext_lazy("The contract was terminated"),
        Remedy.CREDIT: gettext_lazy("A credit on the next invoice"),
    }
)
_CHART_KEYS = {Direction.INBOUND: "chart-refused", Direction.OUTBOUND: "chart-held"}
_DIGITS = 10_000  # Of a percentage; cut off, never rounded up: 99.99 % that was missed must not look kept.


@dataclass(frozen=True, slots=True)
class Stretch:
    """An outage, for templates."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How long."""
        return int((self.end - self.start).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One service in one month."""

    service: str | Promise
    percent: str
    is_kept: bool
    down_minutes: int
    outages: tuple[Stretch, ...] = ()
    unwatched_minutes: int = 0


def services_in_words(found: Iterable[ServiceNow]) -> list[dict[str, Any]]:
    """For templates: `console/sla_now.html`."""
    return [
        {
            "name": SERVICES[each.service],
            "words": STANDINGS[each.standing],
            "colour": _COLOURS[each.standing],
            "servers": [(one.server, STANDINGS[one.standing], _COLOURS[one.standing]) for one in each.servers],
        }
        for each in found
    ]


def availability_line(service: str, found: Availability, unwatched_s: int) -> MonthLine:
    """Of a month that runs."""
    return MonthLine(
        SERVICES[service],
        _percent(found.share),
        found.is_kept,
        found.down_s // 60,
        unwatched_minutes=unwatched_s // 60,
    )


def month_lines(figures: Figures) -> list[MonthLine]:
    """Of a closed month."""
    return [
        MonthLine(
            SERVICES[name],
            _percent(Availability(each.month_s, each.down_s).share),
            each.is_kept,
            each.down_s // 60,
            tuple(stretches(each.outages)),
            each.unwatched_s // 60,
        )
        for name, each in figures.services.items()
    ]


def stretches(spans: Iterable[Span]) -> list[Stretch]:
    """In UTC."""
    return [Stretch(datetime.fromtimestamp(each.start, UTC), datetime.fromtimestamp(each.end, UTC)) for each in spans]


def chart_of(days: Sequence[date], down: Sequence[DaysDown]) -> StackedBars:
    """Minutes of each day without service."""
    series = (Series(_CHART_KEYS[each.service], str(SERVICES[each.service]), each.minutes) for each in down)
    return StackedBars(tuple(days), tuple(series))


def chart_words(down: Sequence[DaysDown]) -> str:
    """What the chart says, in a sentence."""
    minutes = sum(sum(each.minutes) for each in down)
    if not minutes:
        return _("No minute without service.")
    return _("Without service: %(minutes)d min.") % {"minutes": minutes}


def week_lines(figures: Figures) -> list[tuple[str, object, object, object]]:
    """Each party's worst weeks of a month: whose, both rates together, false positives, false negatives."""
    names = {Party.BOTH: _("Both parties agree"), Party.CLIENT: _("Client"), Party.PROVIDER: _("Provider")}
    return [
        (names[party], weeks.worst.window, weeks.most_blocked.window, weeks.most_passed.window)
        for party in Party
        for weeks in (figures.parties[party],)
    ]


def percent_in_words(percent: Fraction) -> str:
    """With at most four decimals, cut off."""
    whole, rest = divmod(int(percent * _DIGITS), _DIGITS)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")


def _percent(share: Fraction) -> str:
    return percent_in_words(100 * share)
