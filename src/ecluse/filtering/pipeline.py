"""One direction's collectors, checks and changes, in their order, and how people read it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.filtering.changes.departure import Change
from ecluse.filtering.collect import Collector
from ecluse.filtering.examine import Check
from ecluse.filtering.judge import RULES


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The tables of one direction."""

    collectors: tuple[Collector, ...]
    checks: tuple[Check, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One step that a message takes."""

    kind: str  # "collector", "check", "rule", "change"
    name: str
    deadline_s: float  # 0 where nothing is waited for.
    promise: str  # The first line of the step's own documentation.


def rows(pipeline: Pipeline) -> Iterator[Row]:
    """The steps in their effective order, the judge's rules included."""
    for collector in pipeline.collectors:
        yield Row("collector", collector.name, collector.deadline_s, _module_promise(collector.gather))
    for check in pipeline.checks:
        yield Row("check", check.__name__, 0.0, _module_promise(check))
    for rule in RULES:
        yield Row("rule", rule.__name__, 0.0, _first_line(rule.__doc__))
    for change in pipeline.changes:
        yield Row("change", change.__name__, 0.0, _module_promise(change))


def _module_promise(step: object) -> str:
    """A step has a file of its own, whose first line says what it is; the function's says why."""
    return _first_line(sys.modules[step.__module__].__doc__)


def _first_line(text: str | None) -> str:
    return (text or "").split("\n", 1)[0]
