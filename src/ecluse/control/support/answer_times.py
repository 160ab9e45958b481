"""How long clients wait for the first answer: over all of them, by the clock and in working hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django_scopes import scopes_disabled

from ecluse.control.support.models import Ticket
from ecluse.control.support.office_hours import OfficeHours
from ecluse.control.support.states import PROVIDERS_TURN

OVER = timedelta(days=90)
_MEDIAN, _NEARLY_ALL = 50, 95


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds; half of all tickets waited no longer than the first, 19 of 20 no longer than the second."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """Of the tickets that were opened within `OVER`."""

    answered: int
    unanswered: int
    by_the_clock: Waits | None  # None: nothing was answered.
    in_working_hours: Waits | None


def answer_times(now: datetime, hours: OfficeHours) -> AnswerTimes:
    """Over all clients. For the provider's pages."""
    with scopes_disabled():  # The provider's own figures.
        recent = Ticket.objects.filter(opened_at__gt=now - OVER)
        rows = list(recent.filter(first_answer_at__isnull=False).values_list("opened_at", "first_answer_at"))
        unanswered = recent.filter(first_answer_at=None, state__in=PROVIDERS_TURN).count()
    spans = [(start, end) for start, end in rows if end is not None]
    return AnswerTimes(
        answered=len(spans),
        unanswered=unanswered,
        by_the_clock=waits([(end - start).total_seconds() for start, end in spans]),
        in_working_hours=waits([hours.seconds_between(start, end) for start, end in spans]),
    )


def waits(seconds: Sequence[float]) -> Waits | None:
    """By nearest rank: each figure is one that somebody has waited; None of none."""
    if not seconds:
        return None
    ranked = sorted(seconds)
    return Waits(_rank(ranked, _MEDIAN), _rank(ranked, _NEARLY_ALL))


def _rank(ranked: list[float], percent: int) -> float:
    return ranked[-(-percent * len(ranked) // 100) - 1]
