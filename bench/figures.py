"""From the runs to the table: medians, ratios of one series, goals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import systems
from measurement import Run
from systems import System

Values = dict[int, float]  # By series.


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of design.md section 8."""

    text: str
    wanted: float
    at_least: bool
    values: Values

    @property
    def is_met(self) -> bool:
        middle = median(self.values.values())
        return middle >= self.wanted if self.at_least else middle <= self.wanted


class Figures:
    """All runs of one bench."""

    def __init__(self, runs: list[Run]) -> None:
        self._runs = runs

    def rate(self, system: System, messages: str) -> Values:
        return self._values(system, messages, "full", lambda run: run.per_s)

    def ratio(self, system: System, other: System, messages: str) -> Values:
        """Series by series, so that what disturbed one series disturbed both."""
        ours, theirs = self.rate(system, messages), self.rate(other, messages)
        return {series: ours[series] / theirs[series] for series in ours if theirs.get(series)}

    def answer_ms(self, system: System, messages: str, percentile: str) -> Values:
        """From the last octet to the final reply, at half of the system's own full load."""
        return self._values(system, messages, "half", lambda run: run.load["answer_ms"][percentile])

    def cpu_s(self, system: System, messages: str) -> Values:
        return self._values(system, messages, "full", lambda run: run.system_cpu_s_per_1000)

    def pss_mb(self, system: System) -> Values:
        return self._values(system, "mixed", "full", lambda run: run.system_pss_mb)

    def goals(self) -> Iterator[Goal]:
        """Those of which both sides were measured."""
        yield from self._goals(
            "filtering off", systems.RELAY, systems.POSTFIX, mixed=2, small=3, cpu_s=1.5, p50_ms=None
        )
        yield from self._goals("all checks on", systems.FILTER, systems.RSPAMD, mixed=4, small=4, cpu_s=3.5, p50_ms=10)
        yield from self._goals(
            "with ClamAV", systems.FILTER_CLAMAV, systems.RSPAMD_CLAMAV, mixed=2.5, small=3, cpu_s=8, p50_ms=15
        )

    def _goals(
        self, label: str, own: System, rival: System, *, mixed: float, small: float, cpu_s: float, p50_ms: float | None
    ) -> Iterator[Goal]:
        for messages, times in (("mixed", mixed), ("small", small)):
            yield from _if_measured(
                f"{label}, {messages}: messages/s, times {rival.name}", times, self.ratio(own, rival, messages)
            )
        yield from _if_measured(
            f"{label}: CPU s per 1,000 mixed messages", cpu_s, self.cpu_s(own, "mixed"), at_least=False
        )
        p50 = self.answer_ms(own, "mixed", "p50")
        theirs = self.answer_ms(rival, "mixed", "p50")
        if p50_ms is None and theirs:
            p50_ms = median(theirs.values())
        if p50_ms is not None:
            yield from _if_measured(f"{label}: p50 ms at half load, mixed", p50_ms, p50, at_least=False)

    def markdown(self) -> str:
        """Return the one table, the goals, and what a reader must know about the runs."""
        parts = [_table(_HEAD, [self._row(system) for system in self._measured()])]
        goals = list(self.goals())
        if goals:
            rows = [
                [goal.text, _wanted(goal), _spread(goal.values), "yes" if goal.is_met else "**no**"] for goal in goals
            ]
            parts.append(_table(["goal", "wanted", "measured", "met"], rows))
        parts.append("\n".join(f"- {remark}" for remark in self._remarks()))
        return "\n\n".join(parts)

    def _measured(self) -> list[System]:
        keys = {run.system for run in self._runs}
        return [system for system in systems.ALL if system.key in keys]

    def _row(self, system: System) -> list[str]:
        cells = [system.name]
        for messages in ("mixed", "small"):
            cells.append(_spread(self.rate(system, messages)))
            cells += [_middle(self.ratio(system, rival, messages)) for rival in (systems.POSTFIX, systems.RSPAMD)]
        for messages in ("mixed", "small"):
            p50, p99 = (self.answer_ms(system, messages, percentile) for percentile in ("p50", "p99"))
            cells.append(f"{_middle(p50)} / {_middle(p99)}")
        cells += [_middle(self.cpu_s(system, messages)) for messages in ("mixed", "small")]
        return [*cells, _middle(self.pss_mb(system))]

    def _remarks(self) -> Iterator[str]:
        yield "Median over the series (lowest-highest); ratios are taken within a series."
        # At half load the cores are idle in between, and what others do with that time takes nothing from us.
        foreign = [run.foreign_cpu for run in self._runs if run.phase == "full"]
        yield f"Other programs took {median(foreign):.0%} of the CPU in the median run at full load, {max(foreign):.0%} in the worst."
        for system in self._measured():
            runs = [run for run in self._runs if run.system == system.key]
            yield from _oddities(system, runs)

    def _values(self, system: System, messages: str, phase: str, value: Callable[[Run], float | None]) -> Values:
        wanted = (system.key, messages, phase)
        found = {run.series: value(run) for run in self._runs if (run.system, run.messages, run.phase) == wanted}
        return {series: figure for series, figure in found.items() if figure is not None}


_HEAD = [
    "system",
    "mixed/s", "x Postfix", "x P+Rspamd",
    "small/s", "x Postfix", "x P+Rspamd",
    "mixed p50 / p99 ms", "small p50 / p99 ms",
    "CPU s/1,000 mixed", "small", "PSS MB",
]  # fmt: skip


def _if_measured(text: str, wanted: float, values: Values, *, at_least: bool = True) -> Iterator[Goal]:
    if values:
        yield Goal(text, wanted, at_least, values)


def _oddities(system: System, runs: list[Run]) -> Iterator[str]:
    """Say what makes a row not comparable at first sight: refusals, losses, errors."""
    answered = sum(run.load["answered"] for run in runs)
    refused = sum(count for run in runs for code, count in run.load["replies"].items() if not code.startswith("2"))
    if refused:
        yield f"{system.name}: {refused:,} of {answered:,} messages were refused, not relayed."
    if undelivered := sum(run.undelivered for run in runs):
        yield f"{system.name}: **{undelivered} accepted messages were not at the next hop** when their run ended."
    errors: dict[str, int] = {}
    for run in runs:
        for error, count in run.load["errors"].items():
            errors[error] = errors.get(error, 0) + count
    for error, count in errors.items():
        yield f"{system.name}: **{count} sessions failed**: {error}"


def _wanted(goal: Goal) -> str:
    return f"{'>=' if goal.at_least else '<='} {_number(goal.wanted)}"


def _middle(values: Values) -> str:
    return _number(median(values.values())) if values else "-"


def _spread(values: Values) -> str:
    if len(values) < 2:
        return _middle(values)
    return f"{_middle(values)} ({_number(min(values.values()))}-{_number(max(values.values()))})"


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 30 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
