"""Minutes in which a server was down, from what up to three points said of each; pure (9-7, 9-8).

It is down in a minute of which two points say that the expected final reply did not come. A point that says nothing
says neither up nor down: with one silent, both others must have missed it; where fewer than two have spoken, the minute
is *unwatched*, and counts as up until somebody shows otherwise (4-6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecluse.control.sla.spans import Span, merged

MINUTE_S = 60
MINUTES = 60  # Of an hour.
HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class PointHour:
    """What one point said of one hour; bit n is minute n."""

    hour: int  # Since the epoch.
    said: int
    missed: int


def down_spans(rows: Iterable[PointHour]) -> tuple[Span, ...]:
    """Minutes that two points missed."""
    return merged(_minutes((hour, _twice(each.missed for each in some)) for hour, some in _by_hour(rows).items()))


def watched_spans(rows: Iterable[PointHour]) -> tuple[Span, ...]:
    """Minutes of which two points have spoken."""
    return merged(_minutes((hour, _twice(each.said for each in some)) for hour, some in _by_hour(rows).items()))


def _by_hour(rows: Iterable[PointHour]) -> dict[int, list[PointHour]]:
    found: dict[int, list[PointHour]] = defaultdict(list)
    for row in rows:
        found[row.hour].append(row)
    return found


def _twice(masks: Iterable[int]) -> int:
    """The bits that stand in two of them at least."""
    once = twice = 0
    for mask in masks:
        twice |= once & mask
        once |= mask
    return twice


def _minutes(hours: Iterable[tuple[int, int]]) -> Iterator[Span]:
    for hour, mask in hours:
        for minute in range(MINUTES):
            if mask >> minute & 1:
                start = hour * HOUR_S + minute * MINUTE_S
                yield Span(start, start + MINUTE_S)
