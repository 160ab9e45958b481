"""How well scores tell spam from ham: the figures of the TREC spam track, each with its bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Scores: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.bool_]  # True is spam.
Weights: TypeAlias = NDArray[np.int64]  # How often each message was drawn.

HAM_LOSSES = (1.0, 0.1, 0.01)  # Percent.
DRAWS = 400  # Bootstrap samples.
COVERAGE = 0.95
BINS = 20  # Of the reliability diagram.


@dataclass(frozen=True, slots=True)
class Figure:
    """A percentage, and between what it lies in 95 % of the bootstrap samples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What is said of one stream of messages."""

    ham: int
    spam: int
    one_minus_roca: Figure  # Percent: how often a ham scores above a spam.
    lam: Figure  # Percent: logistic mean of the error rates at the threshold 0.
    missed: dict[float, Figure]  # Ham loss (percent) -> percent of spam that a threshold with that loss lets pass.


@dataclass(frozen=True, slots=True)
class Bin:
    """One column of a reliability diagram."""

    predicted: float  # Mean probability of the messages in it.
    observed: float  # Share of spam among them.
    count: int


class _Ranked:
    """The messages of one stream by descending score; equal scores share a rank."""

    def __init__(self, labels: Labels, scores: Scores) -> None:
        order = np.argsort(-scores, kind="stable")
        self.scores = scores[order]
        self.is_spam = labels[order]
        edges = np.flatnonzero(np.diff(self.scores)) + 1
        self.starts = np.concatenate((np.zeros(1, np.int64), edges))

    def sample(self, generator: np.random.Generator) -> Weights:
        """As many spam and as many ham as there are, drawn with replacement."""
        drawn = np.zeros(len(self.scores), np.int64)
        for indices in (np.flatnonzero(self.is_spam), np.flatnonzero(~self.is_spam)):
            drawn[indices] = np.bincount(generator.integers(len(indices), size=len(indices)), minlength=len(indices))
        return drawn

    def tallies(self, drawn: Weights) -> tuple[Weights, Weights]:
        """Spam and ham at each score, highest first."""
        spam = np.add.reduceat(np.where(self.is_spam, drawn, 0), self.starts)
        ham = np.add.reduceat(np.where(self.is_spam, 0, drawn), self.starts)
        return spam, ham


def measure(labels: Labels, scores: Scores, draws: int = DRAWS) -> Accuracy:
    """The figures of a stream that holds both classes; scores are log-odds, positive for spam.

    Raises ValueError where a class is missing.
    """
    if labels.all() or not labels.any():
        raise ValueError("both ham and spam are needed")
    ranked = _Ranked(labels, scores)
    missed = {loss: _figure(ranked, _missed_at(loss), draws) for loss in HAM_LOSSES}
    return Accuracy(
        ham=int((~labels).sum()),
        spam=int(labels.sum()),
        one_minus_roca=_figure(ranked, _one_minus_roca, draws),
        lam=_figure(ranked, _lam, draws),
        missed=missed,
    )


_Statistic: TypeAlias = Callable[[_Ranked, Weights], float]


def _figure(ranked: _Ranked, statistic: _Statistic, draws: int) -> Figure:
    value = statistic(ranked, np.ones(len(ranked.scores), np.int64))
    return Figure(value, *_ends(_resampled(ranked, statistic, draws)))


def _resampled(ranked: _Ranked, statistic: _Statistic, draws: int) -> Iterator[float]:
    generator = np.random.default_rng(0)  # The same figures for the same scores, every time.
    for _ in range(max(draws, 1)):
        yield statistic(ranked, ranked.sample(generator))


def _one_minus_roca(ranked: _Ranked, drawn: Weights) -> float:
    spam, ham = ranked.tallies(drawn)
    spam_below = spam.sum() - np.cumsum(spam) + spam / 2
    return float(100 * (ham * spam_below).sum() / ham.sum() / spam.sum())


def _missed_at(loss: float) -> _Statistic:
    def missed(ranked: _Ranked, drawn: Weights) -> float:
        spam, ham = ranked.tallies(drawn)
        allowed = int(loss / 100 * ham.sum())
        caught = spam[np.cumsum(ham) <= allowed].sum()
        return float(100 * (1 - caught / spam.sum()))

    return missed


def _lam(ranked: _Ranked, drawn: Weights) -> float:
    """Half a message is added to each error, so that a perfect stream has a figure too."""
    above = ranked.scores > 0
    spam, ham = np.where(ranked.is_spam, drawn, 0), np.where(ranked.is_spam, 0, drawn)
    lost = (ham[above].sum() + 0.5) / (ham.sum() + 1)
    passed = (spam[~above].sum() + 0.5) / (spam.sum() + 1)
    mean = (_logit(lost) + _logit(passed)) / 2
    return float(100 / (1 + np.exp(-mean)))


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def area_above(labels: Labels, scores: Scores) -> float:
    """(1-ROCA) in percent, without its interval; NaN where a class is missing."""
    if labels.all() or not labels.any():
        return float("nan")
    return _one_minus_roca(_Ranked(labels, scores), np.ones(len(labels), np.int64))


def sum_of(values: Scores, draws: int = DRAWS) -> Figure:
    """A sum, and between what it lies when the same number of messages is drawn again."""
    generator = np.random.default_rng(0)
    drawn = [float(generator.choice(values, len(values)).sum()) for _ in range(max(draws, 1))]
    return Figure(float(values.sum()), *_ends(drawn))


def _ends(drawn: Iterable[float]) -> tuple[float, float]:
    low, high = np.quantile(list(drawn), ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2))
    return float(low), float(high)


def reliability(labels: Labels, scores: Scores) -> tuple[Bin, ...]:
    """Whether a probability of 90 % means nine spam in ten; bins without a message are left out."""
    probabilities = 1 / (1 + np.exp(-np.clip(scores, -40, 40)))
    places = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    return tuple(
        Bin(float(probabilities[chosen].mean()), float(labels[chosen].mean()), int(chosen.sum()))
        for place in range(BINS)
        if (chosen := places == place).any()
    )
