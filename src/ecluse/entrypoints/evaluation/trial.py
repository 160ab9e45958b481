"""One filter on one stream of labelled messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ecluse.entrypoints.evaluation.index import Entry
from ecluse.filtering.learning.accuracy import Labels, Scores
from ecluse.filtering.learning.protocol import Feedback, Filter, When, play

Progress: TypeAlias = Callable[[Iterable[Entry]], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Trial:
    """A stream, and when its truth is told."""

    entries: tuple[Entry, ...]
    feedback: Feedback

    @property
    def labels(self) -> Labels:
        """True is spam."""
        return np.array([entry.is_spam for entry in self.entries], np.bool_)

    @property
    def run(self) -> str:
        """What must be the same for a run to go on."""
        return f"4 {len(self.entries)} {self.entries[0].path} {self.entries[-1].path} {self.feedback}"


@dataclass(frozen=True, slots=True)
class Course:
    """How it went so far."""

    scores: Scores
    seconds: Scores  # Spent with each message, and with what was learned after it.

    def __len__(self) -> int:
        """Messages."""
        return len(self.scores)


LOOK_EVERY = 1_000
NOTHING_YET = Course(np.empty(0), np.empty(0))


def course_of(trial: Trial, filter_: Filter[Entry], before: Course, progress: Progress) -> Iterator[Course]:
    """What is reached after every `LOOK_EVERY` messages, and at the end; `before` was reached by this filter already."""
    start = len(before)
    scores, seconds = list(before.scores), list(before.seconds)
    last = time.perf_counter()
    for score in play(filter_, _told(progress(trial.entries[start:])), trial.feedback, start, _untold(trial, start)):
        now = time.perf_counter()
        scores.append(score)
        seconds.append(now - last)
        last = now
        if len(scores) % LOOK_EVERY == 0 and len(scores) < len(trial.entries):
            yield Course(np.array(scores), np.array(seconds))
    yield Course(np.array(scores), np.array(seconds))


def _untold(trial: Trial, start: int) -> Iterator[tuple[Entry, bool]]:
    """What was judged before `start` and is still to be told."""
    if trial.feedback.when is not When.DELAYED:
        return iter(())
    return _told(trial.entries[max(0, start - trial.feedback.delay) : start])


def _told(entries: Iterable[Entry]) -> Iterator[tuple[Entry, bool]]:
    return ((entry, entry.is_spam) for entry in entries)
