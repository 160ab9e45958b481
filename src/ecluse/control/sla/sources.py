"""A closed month beside what its sources give today, while they last: nothing of it changes a closing.

Minutes of probes and looks at the MX are kept for a year, the message log no longer than that, or as long as its client wishes,
and claims with it. What a
source does not hold any more is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django_scopes import scopes_disabled

from ecluse.control.mail.log import kept_s
from ecluse.control.mail.models import ObjectionKind
from ecluse.control.mail.rates import Party
from ecluse.control.sla import mx_checks
from ecluse.control.sla.closing import MonthClosing, facts_in
from ecluse.control.sla.downtimes import KEPT
from ecluse.control.sla.figures import MonthFacts, ServiceFacts, figures_of
from ecluse.control.sla.gathering import facts_of
from ecluse.control.sla.probed import HOUR_S, MINUTE_S
from ecluse.control.sla.spans import Span, seconds
from ecluse.ports.message_log import MessageLog

_MINUTES_KEPT_S = min(KEPT.total_seconds(), mx_checks.KEPT_S)  # Of probes, and beside them looks at the MX.


class Fact(StrEnum):
    """What a month is computed of; each with its unit."""

    FIRST_DOWN = "first-down"  # Minutes, of one service.
    SECOND_DOWN = "second-down"
    MISCONFIGURED = "misconfigured"
    UNWATCHED = "unwatched"
    FORCE_MAJEURE = "force-majeure"  # Minutes.
    VERDICTS = "verdicts"  # Copies.
    SENT = "sent"
    BLOCKED = "blocked"  # Claims, of one party.
    PASSED = "passed"
    VIRUSES = "viruses"  # Claims that both agree upon.


@dataclass(frozen=True, slots=True)
class Beside:
    """One fact: the sum that was sealed, and what it would be today."""

    fact: Fact
    of: str  # A `Direction`, a `Party`, or nothing.
    sealed: int
    today: int
    is_same: bool  # To the second and the hour, and not in the sum alone.


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of a month that can still be compared."""

    facts: tuple[Beside, ...]
    has_minutes: bool  # Whether probes' minutes go back so far.
    has_mail: bool  # Whether the message log, and claims, do.
    broken_today: tuple[str, ...] | None  # `BreachKind`: what it would break today; None where a source is gone.

    @property
    def is_same(self) -> bool:
        """Of what could be compared."""
        return all(each.is_same for each in self.facts)


def compare(row: MonthClosing, log: MessageLog, now: float) -> Comparison:
    """In its client's scope. Raises `Unavailable`."""
    sealed = facts_in(row)
    today = facts_of(row.contract, sealed.of, log, now)
    has_minutes = sealed.of.span.start >= now - _MINUTES_KEPT_S
    has_mail = _reaches(sealed, log, now - kept_s(row.client.name))
    found = [*_of_minutes(sealed, today)] if has_minutes else []
    if has_mail:
        counts_sent = "sent" in row.inputs  # Months that were closed before it was counted have none.
        found += (each for each in _of_mail(sealed, today) if each.fact is not Fact.SENT or counts_sent)
    broken = figures_of(today).broken if has_minutes and has_mail else None
    return Comparison(tuple(found), has_minutes, has_mail, broken)


def _reaches(sealed: MonthFacts, log: MessageLog, since: float) -> bool:
    """Whether the log, which goes back to then, still has the first hour that counted."""
    hours = [
        sealed.first_hour + at for numbers in (sealed.verdicts, sealed.sent) for at, one in enumerate(numbers) if one
    ]
    first = min(hours, default=sealed.of.span.start // HOUR_S)
    if first * HOUR_S < since:
        return False
    with scopes_disabled():  # How far back it goes is nobody's in particular.
        return not hours or 0 < log.oldest() < (first + 1) * HOUR_S


def _of_minutes(sealed: MonthFacts, today: MonthFacts) -> Iterator[Beside]:
    for service in sorted(sealed.services.keys() | today.services.keys()):
        was, is_now = (each.services.get(service, ServiceFacts((), (), (), 0)) for each in (sealed, today))
        yield _spans(Fact.FIRST_DOWN, service, was.first, is_now.first)
        yield _spans(Fact.SECOND_DOWN, service, was.second, is_now.second)
        yield _spans(Fact.MISCONFIGURED, service, was.misconfigured, is_now.misconfigured)
        yield Beside(
            Fact.UNWATCHED,
            service,
            was.unwatched_s // MINUTE_S,
            is_now.unwatched_s // MINUTE_S,
            was.unwatched_s == is_now.unwatched_s,
        )
    yield _spans(Fact.FORCE_MAJEURE, "", sealed.force_majeure, today.force_majeure)


def _of_mail(sealed: MonthFacts, today: MonthFacts) -> Iterator[Beside]:
    yield _numbers(Fact.VERDICTS, "", sealed.verdicts, today.verdicts)
    yield _numbers(Fact.SENT, "", sealed.sent, today.sent)
    for party in Party:
        for fact, kind in ((Fact.BLOCKED, ObjectionKind.BLOCKED), (Fact.PASSED, ObjectionKind.PASSED)):
            yield _by_hour(fact, party, sealed.wrong[party][kind], today.wrong[party][kind])
    yield _by_hour(Fact.VIRUSES, "", sealed.viruses, today.viruses)


def _spans(fact: Fact, of: str, sealed: Iterable[Span], today: Iterable[Span]) -> Beside:
    was, is_now = tuple(sealed), tuple(today)
    return Beside(fact, of, seconds(was) // MINUTE_S, seconds(is_now) // MINUTE_S, was == is_now)


def _numbers(fact: Fact, of: str, sealed: Sequence[int], today: Sequence[int]) -> Beside:
    return Beside(fact, of, sum(sealed), sum(today), list(sealed) == list(today))


def _by_hour(fact: Fact, of: str, sealed: Mapping[str, int], today: Mapping[str, int]) -> Beside:
    return Beside(fact, of, sum(sealed.values()), sum(today.values()), dict(sealed) == dict(today))
