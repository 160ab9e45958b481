"""`ecluse evaluate`: how well spam is told from ham on a stream of labelled messages."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from ecluse import __version__
from ecluse.adapters.models.layer_file import read_layer
from ecluse.domain.errors import BadConfig, Impossible
from ecluse.entrypoints.evaluation.days import Day, days_of
from ecluse.entrypoints.evaluation.index import Entry, read_index, thinned
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.entrypoints.evaluation.peers.table import PEERS
from ecluse.entrypoints.evaluation.pictures import draw
from ecluse.entrypoints.evaluation.report import (
    COLUMNS,
    DAY_COLUMNS,
    MISTAKE_COLUMNS,
    Name,
    Report,
    as_json,
    day_cells,
    mistake_cells,
    rows,
)
from ecluse.entrypoints.evaluation.state import load_state, save_state
from ecluse.entrypoints.evaluation.trial import NOTHING_YET, Course, Trial, course_of
from ecluse.entrypoints.evaluation.whole_filter import WholeFilter
from ecluse.entrypoints.options import JsonOption
from ecluse.entrypoints.terminal import print_json, print_table, say
from ecluse.filtering.learning.accuracy import measure, sum_of
from ecluse.filtering.learning.mailbox import letter_on_arrival
from ecluse.filtering.learning.prior import Prior, read_prior
from ecluse.filtering.learning.protocol import Feedback, Filter, When

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
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="NAMES",
            help="Put other filters to the same test: bogofilter, spamassassin, rspamd, with commas between them.",
        ),
    ] = "",
    sample: Annotated[
        int,
        typer.Option(
            "--sample",
            metavar="N",
            min=0,
            help="N messages from the whole stream, half of them spam where there is enough; 0 is all.",
        ),
    ] = 0,
    by_day: Annotated[
        bool, typer.Option("--by-day", help="Also what went wrong on each day, by the newest Received.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Judge by findings and classifier together, by what is known offline.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", help="Begin with this layer, as `learn build` makes it.")
    ] = None,
    prior: Annotated[
        Path | None,
        typer.Option("--prior", metavar="FILE", help="Know this before the first lesson: see bench/prior.py."),
    ] = None,
    as_json_: JsonOption = False,
) -> None:
    """Judge a labelled stream message by message, each before its truth is learned, and print how well that went."""
    peers = _peers(against)
    entries = thinned(read_index(index)[: limit or None], sample)
    trial = Trial(entries, Feedback(When.NEVER if static else feedback, delay=delay, one_in=one_in))
    known = None if prior is None else _prior(prior)
    own = OwnFilter(prior=known) if model is None else OwnFilter((read_layer(model),), letter_on_arrival, known)
    if whole and state is not None:
        raise typer.BadParameter("a whole judgement cannot be interrupted and resumed", param_hint="--state")
    with WholeFilter(own) as together:
        course = _run(trial, together if whole else own, own, state)
    report = _report(Name("ecluse", __version__, f"ecluse evaluate{' --whole' * whole}"), trial, course)
    others = tuple(_compared(name, trial) for name in peers)
    if pictures is not None:
        draw(pictures, trial.labels, course.scores)
    days = days_of(trial.entries, course.scores) if by_day else None
    tell = _tell_machines if as_json_ else _tell_people
    tell(_Outcome(trial.feedback.when, report, others, days, own))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What there is to be told."""

    feedback: When
    report: Report
    others: tuple[Report, ...]
    days: Sequence[Day] | None  # None: not asked for.
    own: OwnFilter


def _tell_machines(found: _Outcome) -> None:
    details: dict[str, object] = {"feedback": found.feedback, "milliseconds": found.own.milliseconds}
    details["mistakes"] = [asdict(mistake) for mistake in found.own.mistakes]
    if found.others:
        details["peers"] = [as_json(each) for each in found.others]
    if found.days is not None:
        details["days"] = [asdict(day) for day in found.days]
    print_json({**as_json(found.report), **details})


def _tell_people(found: _Outcome) -> None:
    for each in (found.report, *found.others):
        say(f"{each.name.filter} {each.name.version}")
        print_table(COLUMNS, rows(each))
        say()
    if found.days is not None:
        print_table(DAY_COLUMNS, [day_cells(day) for day in found.days])
        say()
    print_table(MISTAKE_COLUMNS, [mistake_cells(mistake) for mistake in found.own.mistakes])
    say("a message costs us " + ", ".join(f"{name} {each:.3f} ms" for name, each in found.own.milliseconds.items()))


def _prior(path: Path) -> Prior:
    try:
        return read_prior(path.read_bytes())
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as problem:
        raise BadConfig(str(path), 0, "", f"expected a prior: {problem}") from problem


def _peers(names: str) -> tuple[str, ...]:
    chosen = tuple(filter(None, names.lower().replace(" ", "").split(",")))
    unknown = [name for name in chosen if name not in PEERS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(PEERS)}", param_hint="--against")
    return chosen


def _compared(name: str, trial: Trial) -> Report:
    with TemporaryDirectory(prefix="ecluse-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # A peer that gives up its rights must still get to what is its own below.
        own = folder / name
        own.mkdir()
        with PEERS[name](own) as peer:
            *_, course = course_of(trial, peer, NOTHING_YET, _shown)
        return _report(Name(name, peer.version, peer.command), trial, course)


def _run(trial: Trial, judged_by: Filter[Entry], own: OwnFilter, state: Path | None) -> Course:
    before = NOTHING_YET
    if state is not None and state.exists():
        before = load_state(state, trial.run, own)
    course = before
    for course in course_of(trial, judged_by, before, _shown):
        if state is not None and (len(course) % SAVE_EVERY == 0 or len(course) == len(trial.entries)):
            save_state(state, trial.run, course, own)
    return course


def _shown(entries: Iterable[Entry]) -> Iterable[Entry]:
    """The entries, with a bar on standard error where somebody sits before it."""
    return track(entries, "Judging", console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)


def _report(name: Name, trial: Trial, course: Course) -> Report:
    try:
        return Report(name, measure(trial.labels, course.scores), sum_of(course.seconds))
    except ValueError as problem:
        raise Impossible(f"nothing to be measured: {problem}") from problem
