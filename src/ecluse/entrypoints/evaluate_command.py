"""`ecluse evaluate`: how well spam is told from ham on a stream of labelled messages."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from ecluse.domain.errors import Impossible
from ecluse.entrypoints.evaluation.index import Entry, read_index
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.entrypoints.evaluation.pictures import draw
from ecluse.entrypoints.evaluation.report import COLUMNS, Report, as_json, rows
from ecluse.entrypoints.evaluation.state import load_state, save_state
from ecluse.entrypoints.evaluation.trial import NOTHING_YET, Course, Trial, course_of
from ecluse.entrypoints.options import JsonOption
from ecluse.entrypoints.terminal import print_json, print_table, say
from ecluse.filtering.learning.accuracy import measure, sum_of
from ecluse.filtering.learning.protocol import Feedback, When

SAVE_EVERY = 5_000  # Messages.


def evaluate(  # noqa: PLR0913 - one argument per option.
    index: Annotated[Path, typer.Argument(metavar="INDEX", help="Lines of <class> <path>, in the order of delivery.")],
    *,
    feedback: Annotated[
        When, typer.Option("--feedback", help="When the truth is told: at once, after --delay messages, or of some.")
    ] = When.IMMEDIATE,
    delay: Annotated[
        int, typer.Option("--delay", metavar="N", min=1, max=1_000_000, help="With delayed: so many messages later.")
    ] = 1_000,
    one_in: Annotated[
        int, typer.Option("--one-in", metavar="N", min=1, max=1_000_000, help="With partial: the truth of one in N.")
    ] = 10,
    static: Annotated[bool, typer.Option("--static", help="Learn nothing from the stream.")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="The first N messages; 0 is all.")] = 0,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Go on from this file, and keep it up to date.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option("--pictures", metavar="DIR", help="Draw learning curve and reliability there (SVG).")
    ] = None,
    as_json_: JsonOption = False,
) -> None:
    """Judge a labelled stream message by message, each before its truth is learned, and print how well that went."""
    trial = Trial(
        read_index(index)[: limit or None], Feedback(When.NEVER if static else feedback, delay=delay, one_in=one_in)
    )
    own = OwnFilter()
    course = _run(trial, own, state)
    report = _report("ecluse", trial, course)
    if pictures is not None:
        draw(pictures, trial.labels, course.scores)
    if as_json_:
        print_json({**as_json(report), "feedback": trial.feedback.when, "milliseconds": own.milliseconds})
        return
    print_table(COLUMNS, rows(report))
    say("a message costs " + ", ".join(f"{name} {each:.3f} ms" for name, each in own.milliseconds.items()))


def _run(trial: Trial, own: OwnFilter, state: Path | None) -> Course:
    before = NOTHING_YET
    if state is not None and state.exists():
        before = load_state(state, trial.run, own.taught)
    course = before
    for course in course_of(trial, own, before, _shown):
        if state is not None and (len(course) % SAVE_EVERY == 0 or len(course) == len(trial.entries)):
            save_state(state, trial.run, course, own.taught)
    return course


def _shown(entries: Iterable[Entry]) -> Iterable[Entry]:
    """The entries, with a bar on standard error where somebody sits before it."""
    return track(entries, "Judging", console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)


def _report(name: str, trial: Trial, course: Course) -> Report:
    try:
        return Report(name, measure(trial.labels, course.scores), sum_of(course.seconds))
    except ValueError as problem:
        raise Impossible(f"nothing to be measured: {problem}") from problem
