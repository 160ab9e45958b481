"""Stretches of time, and what two sets of them have in common, or not. Moments are UTC seconds since the epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one moment until before another."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return max(0, self.end - self.start)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time, each second once, in order."""
    found: list[Span] = []
    for each in sorted(each for each in spans if each.seconds):
        if found and each.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, each.end))
        else:
            found.append(each)
    return tuple(found)


def common(one: Iterable[Span], other: Iterable[Span]) -> tuple[Span, ...]:
    """What is in both."""
    others = merged(other)
    both = (Span(max(a.start, b.start), min(a.end, b.end)) for a in merged(one) for b in others)
    return merged(each for each in both if each.seconds)


def without(one: Iterable[Span], other: Iterable[Span]) -> tuple[Span, ...]:
    """What is in the first alone."""
    left = merged(one)
    for cut in merged(other):
        pieces = (Span(min(a.start, cut.start), min(a.end, cut.start)) for a in left)
        rest = (Span(max(a.start, cut.end), max(a.end, cut.end)) for a in left)
        left = merged((*pieces, *rest))
    return left


def seconds(spans: Iterable[Span]) -> int:
    """How much time they are, each second once."""
    return sum(each.seconds for each in merged(spans))
