"""Rates of wrong verdicts over seven days, and the worst such week (1-9, 1-10, 9-2 to 9-4, 10-3).

A window is the 168 hours before an hour's boundary. Its rates are shares of all verdicts on mail that came to the client
within it; a wrong one counts in the hour in which its message was received. In a client's scope.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import accumulate
from types import MappingProxyType

from ecluse.control.mail.exclusions import exclusions_of
from ecluse.control.mail.log import kept_s
from ecluse.control.mail.models import Objection, ObjectionKind, ObjectionState
from ecluse.control.mail.objections import Standing, direction_of, standing_of
from ecluse.control.policies.queries import log_days
from ecluse.control.tenants.models import Client
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import HOUR_S
from ecluse.domain.log_row import received_at
from ecluse.domain.purge import MOST_LOG_DAYS
from ecluse.ports.message_log import MessageLog

WINDOW_H = 168
ONE_IN = MappingProxyType({ObjectionKind.BLOCKED: 10_000, ObjectionKind.PASSED: 200})  # Strictly fewer (9-3, 9-4).
MAX_COUNTED = 10_000  # Objections, the newest first.
_ASKED_AT_ONCE = 200
_Z = 1.959964  # 95 %.


class Party(StrEnum):
    """Whose figure it is."""

    BOTH = "both"  # Agreed: it alone counts (9-2).
    CLIENT = "client"  # What it says, answered or not, contested or not.
    PROVIDER = "provider"  # What he has confirmed.


@dataclass(frozen=True, slots=True)
class Share:
    """So many wrong verdicts of so many."""

    wrong: int
    whole: int
    one_in: int  # Fewer than this share are promised.

    @property
    def percent(self) -> float:
        """0 where there is no mail."""
        return 100.0 * self.wrong / self.whole if self.whole else 0.0

    @property
    def is_kept(self) -> bool:
        """Strictly below the promise."""
        return not self.wrong or self.wrong * self.one_in < self.whole

    @property
    def interval(self) -> tuple[float, float]:
        """Percent between which the filter's true rate lies, at 95 %: Wilson's, which holds for small numbers, too."""
        if not self.whole:
            return 0.0, 100.0
        rate, whole = min(1.0, self.wrong / self.whole), self.whole
        middle, spread = rate + _Z**2 / (2 * whole), _Z * math.sqrt(rate * (1 - rate) / whole + _Z**2 / (4 * whole**2))
        low, high = ((middle + sign * spread) / (1 + _Z**2 / whole) for sign in (-1, 1))
        return 100.0 * max(0.0, low), 100.0 * min(1.0, high)


@dataclass(frozen=True, slots=True)
class Window:
    """Seven days that end with an hour."""

    end: int  # The first hour behind it, counted since the epoch.
    verdicts: int
    blocked: int  # Legitimate, wrongly blocked.
    passed: int  # Spam, wrongly delivered.

    @property
    def until(self) -> datetime:
        """When it ends."""
        return datetime.fromtimestamp(self.end * HOUR_S, UTC)

    @property
    def false_positives(self) -> Share:
        """1-9."""
        return Share(self.blocked, self.verdicts, ONE_IN[ObjectionKind.BLOCKED])

    @property
    def false_negatives(self) -> Share:
        """1-10."""
        return Share(self.passed, self.verdicts, ONE_IN[ObjectionKind.PASSED])

    @property
    def percent(self) -> float:
        """Both together: by it the most critical week is found (10-3)."""
        return self.false_positives.percent + self.false_negatives.percent


@dataclass(frozen=True, slots=True)
class Rates:
    """Of one party: a window for each hour of a span, the oldest first; at least one."""

    windows: tuple[Window, ...]

    @property
    def last(self) -> Window:
        """The seven days up to the last full hour."""
        return self.windows[-1]

    @property
    def worst(self) -> Window:
        """The most critical week; the latest of those that are equally so."""
        return self._most(lambda each: each.percent)

    @property
    def most_blocked(self) -> Window:
        """The week with the highest rate of false positives."""
        return self._most(lambda each: each.false_positives.percent)

    @property
    def most_passed(self) -> Window:
        """The week with the highest rate of false negatives."""
        return self._most(lambda each: each.false_negatives.percent)

    def _most(self, percent: Callable[[Window], float]) -> Window:
        """The latest of equals. In most windows nothing was wrong: these are not compared."""
        wrong = (each for each in reversed(self.windows) if each.blocked or each.passed)
        found = max(wrong, key=percent, default=self.last)
        return found if percent(found) else self.last


def span_of(client: Client, days: int) -> int:
    """So many of these days as can be told: where the client has its log kept for less, weeks of which it has all.

    In its scope.
    """
    kept = log_days(client.name)
    return days if kept == MOST_LOG_DAYS else min(days, kept - WINDOW_H // 24)


def rates_of(log: MessageLog, client: Client, days: int, now: float) -> dict[Party, Rates]:
    """Each party's, with a window for each hour of the last so many days (`span_of`). Raises `Unavailable`."""
    last = int(now // HOUR_S)
    ends = range(last - span_of(client, days) * 24 + 1, last + 1)
    verdicts = log.verdicts(client.name, ends[0] - WINDOW_H, last - 1)
    wrong = list(wrong_verdicts(log, client, (ends[0] - WINDOW_H) * HOUR_S, now))
    return {party: Rates(tuple(windows_of(ends, verdicts, by_hour(wrong, party)))) for party in Party}


@dataclass(frozen=True, slots=True)
class WrongVerdict:
    """One that no exclusion takes out of the count."""

    hour: int  # Since the epoch: of its message's receipt.
    kind: str
    parties: frozenset[Party]


def wrong_verdicts(
    log: MessageLog, client: Client, since: float, now: float, *, said_before: float | None = None
) -> Iterator[WrongVerdict]:
    """On mail that came since then: those that no exclusion takes out, with the parties who call them wrong.

    Outbound mail has no such rates (9-1). With `said_before`, only of what the provider was asked about until then. Raises `Unavailable`.
    """
    said = Objection.objects.exclude(state__in=(ObjectionState.SAID, ObjectionState.WITHDRAWN))
    if said_before is not None:
        said = said.filter(opened_at__lt=said_before)
    rows = said.filter(received_at__gte=max(since, now - kept_s(client.name)))[:MAX_COUNTED]
    counted = [row for row in rows if not row.exclusions and direction_of(row) is Direction.INBOUND]
    for row in _counting(log, client, counted):
        yield WrongVerdict(int(received_at(row.message) // HOUR_S), row.kind, parties_of(row, now))


def _counting(log: MessageLog, client: Client, rows: list[Objection]) -> Iterator[Objection]:
    """Those that no release since then has taken out: the sender's (1-9), or anybody's of what is called spam (1-2)."""
    for at in range(0, len(rows), _ASKED_AT_ONCE):
        some = rows[at : at + _ASKED_AT_ONCE]
        events = log.events_of([row.message for row in some], client.name)
        for row in some:
            mine = [event for event in events if event.id == row.message]
            if not exclusions_of(mine, row.recipient, is_blocked=row.kind == ObjectionKind.BLOCKED):
                yield row


def parties_of(row: Objection, now: float) -> frozenset[Party]:
    """Who calls it so: whom the provider was asked by, and who agrees."""
    found = {Party.CLIENT}
    if standing_of(row, now) is Standing.ACCEPTED:
        found.add(Party.BOTH)
    if row.state == ObjectionState.CONFIRMED:
        found.add(Party.PROVIDER)
    return frozenset(found)


def by_hour(wrong: Iterable[WrongVerdict], party: Party) -> Counter[tuple[int, str]]:
    """How many of them count for this party: (hour, `ObjectionKind`) -> number."""
    return Counter((each.hour, each.kind) for each in wrong if party in each.parties)


def windows_of(ends: range, verdicts: Mapping[int, int], wrong: Counter[tuple[int, str]]) -> Iterator[Window]:
    """Those that end with these hours: what had come by their end, less what had come by their beginning."""
    first = ends[0] - WINDOW_H
    hours = range(first, ends[-1])
    whole = list(accumulate((verdicts.get(at, 0) for at in hours), initial=0))
    blocked, passed = (
        list(accumulate((wrong.get((at, kind), 0) for at in hours), initial=0))
        for kind in (ObjectionKind.BLOCKED, ObjectionKind.PASSED)
    )
    for end in ends:
        upto, since = end - first, end - WINDOW_H - first
        yield Window(end, *(sums[upto] - sums[since] for sums in (whole, blocked, passed)))
