"""Charts as SVG: printable, without scripts, readable beside their table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import log10

WIDTH, HEIGHT, EDGE = 640, 400, 56
COLOURS = ("#1f5fa8", "#c05a00", "#5a7d00", "#7a3b8f")


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs along one side."""

    name: str
    low: float
    high: float
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        """Between 0 and 1; what lies outside of the axis stands at its end."""
        low, high, at = (self._scaled(each) for each in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def ticks(self) -> list[float]:
        """Where numbers stand."""
        if self.is_logarithmic:
            return [10.0**power for power in range(round(log10(self.low)), round(log10(self.high)) + 1)]
        return [self.low + (self.high - self.low) * fifth / 5 for fifth in range(6)]

    def _scaled(self, value: float) -> float:
        return log10(max(value, self.low)) if self.is_logarithmic else value


@dataclass(frozen=True, slots=True)
class Line:
    """Points that belong together."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(title: str, across: Axis, up: Axis, lines: Sequence[Line]) -> str:
    """The text of one SVG picture."""
    drawn = [*_frame(title, across, up), *_ticks(across, up)]
    for line, colour in zip(lines, COLOURS, strict=False):
        points = " ".join(f"{_x(across, x):.1f},{_y(up, y):.1f}" for x, y in line.points)
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
    drawn += _legend(lines)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
            *drawn,
            "</svg>\n",
        )
    )


def _frame(title: str, across: Axis, up: Axis) -> Iterable[str]:
    middle = HEIGHT / 2
    yield f"<title>{escape(title)}</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    yield _text(WIDTH / 2, 20, title, "middle")
    yield _text(WIDTH / 2, HEIGHT - 12, across.name, "middle")
    yield f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, up.name, "middle")}</g>'


def _ticks(across: Axis, up: Axis) -> Iterable[str]:
    for value in across.ticks():
        x = _x(across, value)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{EDGE}" y2="{HEIGHT - EDGE}" stroke="#ddd"/>'
        yield _text(x, HEIGHT - EDGE + 16, f"{value:g}", "middle")
    for value in up.ticks():
        y = _y(up, value)
        yield f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield _text(EDGE - 6, y + 4, f"{value:g}", "end")


def _legend(lines: Sequence[Line]) -> Iterable[str]:
    for row, (line, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        y = 40 + 14 * row
        yield f'<line x1="{EDGE}" x2="{EDGE + 20}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"/>'
        yield _text(EDGE + 26, y, line.name, "start")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _x(axis: Axis, value: float) -> float:
    return EDGE + axis.place(value) * (WIDTH - 2 * EDGE)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - EDGE - axis.place(value) * (HEIGHT - 2 * EDGE)
