"""What a month came to, computed of its facts alone; pure, so that anybody can compute it again (9-2 to 9-9, 10-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ecluse.control.mail.models import ObjectionKind
from ecluse.control.mail.rates import Party, Rates, Window, windows_of
from ecluse.control.sla.availability import Availability, Month, unavailable
from ecluse.control.sla.models import BreachKind
from ecluse.control.sla.probed import HOUR_S
from ecluse.control.sla.spans import Span, merged, seconds
from ecluse.control.sla.viruses import allowed_viruses, is_virus_promise_kept


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """Of one service: when each of both servers was down, and when that does not count."""

    first: tuple[Span, ...]
    second: tuple[Span, ...]
    misconfigured: tuple[Span, ...]
    unwatched_s: int


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """All that a month is computed of: moments and numbers, nobody's name.

    `verdicts` and `sent` have a number for each hour from seven days before the month's first to its last, of mail that
    came and of mail that went. `wrong` and `viruses` have numbers by such hours, as text: JSON has no other keys.
    """

    year: int
    month: int
    zone: str
    services: dict[str, ServiceFacts]  # By `Direction`.
    force_majeure: tuple[Span, ...]
    first_hour: int
    verdicts: tuple[int, ...]
    wrong: dict[str, dict[str, dict[str, int]]]  # By `Party`, and `ObjectionKind`.
    viruses: dict[str, int]  # Agreed; of all services (9-1).
    sent: tuple[int, ...] = ()  # Months that were closed before it was counted have none.

    @property
    def of(self) -> Month:
        """Which month."""
        return Month(self.year, self.month, ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """Of one service."""

    month_s: int
    down_s: int
    outages: tuple[Span, ...]
    is_kept: bool
    unwatched_s: int


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, and what was wrong in them."""

    end: int  # The first hour behind it.
    verdicts: int
    blocked: int
    passed: int

    @property
    def window(self) -> Window:
        """With its rates."""
        return Window(self.end, self.verdicts, self.blocked, self.passed)


@dataclass(frozen=True, slots=True)
class VirusWeek:
    """Seven days of all mail, both ways, and the viruses that reached whom it was for (9-1, 9-5)."""

    end: int
    mails: int
    received: int
    allowed: int

    @property
    def until(self) -> datetime:
        """When it ends."""
        return datetime.fromtimestamp(self.end * HOUR_S, UTC)

    @property
    def is_kept(self) -> bool:
        """What is allowed may be reached, and not exceeded."""
        return is_virus_promise_kept(self.received, self.mails)


@dataclass(frozen=True, slots=True)
class PartyWeeks:
    """One party's worst weeks that end in the month."""

    worst: Week  # By both rates together (10-3).
    most_blocked: Week
    most_passed: Week


@dataclass(frozen=True, slots=True)
class Figures:
    """What the month came to."""

    services: dict[str, ServiceFigures]
    down_s: int  # Of any of them, each second once (10-4).
    parties: dict[str, PartyWeeks]
    viruses: VirusWeek
    broken: tuple[str, ...]  # `BreachKind`, in its order.


def month_hours(month: Month) -> range:
    """The ends of the windows that are the month's: one that ends with its first moment is of the month before."""
    return range(month.span.start // HOUR_S + 1, month.span.end // HOUR_S + 1)


def figures_of(facts: MonthFacts) -> Figures:
    """By the formulas."""
    services = {name: _service(facts, each) for name, each in facts.services.items()}
    parties = {party.value: _weeks(facts, facts.wrong[party]) for party in Party}
    viruses = _virus_week(facts)
    return Figures(
        services=services,
        down_s=seconds(merged(span for each in services.values() for span in each.outages)),
        parties=parties,
        viruses=viruses,
        broken=tuple(_broken(services, parties[Party.BOTH], viruses)),
    )


def _service(facts: MonthFacts, service: ServiceFacts) -> ServiceFigures:
    month = facts.of
    outages = unavailable(month, (service.first, service.second), facts.force_majeure, service.misconfigured)
    found = Availability(month.span.seconds, seconds(outages))
    return ServiceFigures(found.month_s, found.down_s, outages, found.is_kept, service.unwatched_s)


def _weeks(facts: MonthFacts, wrong: Mapping[str, Mapping[str, int]]) -> PartyWeeks:
    counts = Counter({(int(hour), kind): number for kind, some in wrong.items() for hour, number in some.items()})
    rates = Rates(tuple(windows_of(month_hours(facts.of), _verdicts(facts), counts)))
    return PartyWeeks(_week(rates.worst), _week(rates.most_blocked), _week(rates.most_passed))


def _week(window: Window) -> Week:
    return Week(window.end, window.verdicts, window.blocked, window.passed)


def _virus_week(facts: MonthFacts) -> VirusWeek:
    mails = Counter(_verdicts(facts)) + Counter(_numbered(facts, facts.sent))
    found = {int(hour): number for hour, number in facts.viruses.items()}
    return worst_virus_week(list(virus_weeks(month_hours(facts.of), mails, found)))


def virus_weeks(ends: range, mails: Mapping[int, int], viruses: Mapping[int, int]) -> Iterator[VirusWeek]:
    """Those that end with these hours, from numbers by hour."""
    found = Counter({(hour, ObjectionKind.PASSED.value): number for hour, number in viruses.items()})
    for each in windows_of(ends, mails, found):
        yield VirusWeek(each.end, each.verdicts, each.passed, allowed_viruses(each.verdicts))


def worst_virus_week(weeks: Sequence[VirusWeek]) -> VirusWeek:
    """The one that goes farthest beyond what is allowed, or comes nearest to it; the latest of equals."""
    return max(reversed(weeks), key=lambda each: (each.received - each.allowed, each.received))


def _verdicts(facts: MonthFacts) -> dict[int, int]:
    return _numbered(facts, facts.verdicts)


def _numbered(facts: MonthFacts, numbers: Sequence[int]) -> dict[int, int]:
    return {facts.first_hour + at: number for at, number in enumerate(numbers) if number}


def _broken(services: Mapping[str, ServiceFigures], agreed: PartyWeeks, viruses: VirusWeek) -> Iterator[str]:
    blocked, passed = agreed.most_blocked.window.false_positives, agreed.most_passed.window.false_negatives
    if not (blocked.is_kept and passed.is_kept):
        yield BreachKind.VERDICTS.value
    if not viruses.is_kept:
        yield BreachKind.VIRUSES.value
    if not all(each.is_kept for each in services.values()):
        yield BreachKind.AVAILABILITY.value
