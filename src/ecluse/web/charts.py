"""Charts as shapes: stacked bars by day, drawn by a template as SVG, with a table of the same numbers beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 1_000, 200  # Units of the drawing; the page stretches it.
_GAP = 0.22  # Of a bar's room.
_LABELS = 6  # Dates below the chart.


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart."""

    key: str  # The class that gives it its colour: "chart-refused".
    label: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, and what it means."""

    x: float
    y: float
    width: float
    height: float
    key: str
    label: str
    day: date
    value: int


@dataclass(frozen=True, slots=True)
class StackedBars:
    """Several series, stacked, a bar a day."""

    days: tuple[date, ...]
    series: tuple[Series, ...]

    @property
    def top(self) -> int:
        """Where the scale ends: a round number that no bar passes."""
        highest = max(self.totals, default=0)
        step: int = 10 ** max(0, len(str(highest)) - 1)
        return next(times * step for times in (1, 2, 4, 5, 6, 8, 10) if times * step >= max(highest, 1))

    @property
    def scale(self) -> tuple[int, ...]:
        """From above: the numbers beside the lines."""
        return (self.top, self.top // 2, 0) if self.top > 1 else (self.top, 0)

    @property
    def lines(self) -> tuple[float, ...]:
        """Where these lines lie."""
        top = self.top
        return tuple(HEIGHT * (1 - number / top) for number in self.scale)

    @property
    def totals(self) -> tuple[int, ...]:
        """Of each day."""
        return tuple(sum(values) for values in zip(*(each.values for each in self.series), strict=True))

    @property
    def labels(self) -> tuple[date, ...]:
        """Days that are named below, as far from each other as they lie."""
        last = len(self.days) - 1
        count = min(_LABELS, len(self.days))
        return tuple(self.days[round(number * last / max(1, count - 1))] for number in range(count))

    @property
    def bars(self) -> Iterator[Bar]:
        """From the left, and from below."""
        room, top = WIDTH / len(self.days), self.top
        for number, day in enumerate(self.days):
            below = 0
            for each in self.series:
                value = each.values[number]
                if value:
                    height = HEIGHT * value / top
                    y = HEIGHT * (1 - (below + value) / top)
                    yield Bar(
                        (number + _GAP / 2) * room, y, (1 - _GAP) * room, height, each.key, each.label, day, value
                    )
                    below += value

    @property
    def rows(self) -> Iterator[tuple[date, Sequence[int], int]]:
        """Of the table: the newest day first, its numbers and their sum."""
        totals = self.totals
        for number in reversed(range(len(self.days))):
            yield self.days[number], [each.values[number] for each in self.series], totals[number]
