"""What the tokens of a message say: one logistic regression for each view, added up, and what is known of all mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt

import numpy as np

from ecluse.filtering.learning.prior import Prior
from ecluse.filtering.learning.tokens import ARRAYS, Loops, Tokens
from ecluse.filtering.learning.weights import DenseLayer
from ecluse.ports.models import Indices, Layer, Weights

RATE = 0.8
FLOOR = 1e-4  # Keeps the first step of a new token small.
MARGIN = 0.02  # A view that errs by less learns nothing from the message.
UNSURE = 10  # Lessons after which what was learned counts half: the first ones say little of what is to come.
ALONE = 1.5  # What is known of all mail counts so much where nothing was learned: opinions that come with lessons are surer.
# Lessons that count for each spam among them: who was told of ham alone takes all he does not know for ham.
PER_SPAM = 2
_CLIP = 30.0


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a classifier makes of one message."""

    views: tuple[float, ...]  # Log-odds of each view, in the order of `View`; positive for spam.
    prior: float = 0.0  # Log-odds by what is known of all mail, before any lesson.
    lessons: int = 0  # That the views have had, as far as they count.

    @property
    def learned(self) -> float:
        """Log-odds by the lessons alone; few of them count little."""
        return sum(self.views) * self._share_learned

    @property
    def _share_learned(self) -> float:
        return self.lessons / (self.lessons + UNSURE)

    @property
    def log_odds(self) -> float:
        """Of all together."""
        share = self._share_learned
        return self.prior * (ALONE * (1 - share) + share) + self.learned

    @property
    def probability(self) -> float:
        """Of spam."""
        return 1 / (1 + exp(-max(-_CLIP, min(_CLIP, self.log_odds))))


class Classifier:
    """Adds up layers, and teaches the topmost where there is one to be taught; without a `prior` it knows nothing else."""

    __slots__ = ("_layers", "_loops", "_prior", "_taught")

    def __init__(
        self,
        layers: Sequence[Layer] = (),
        taught: DenseLayer | None = None,
        prior: Prior | None = None,
        loops: Loops = ARRAYS,
    ) -> None:
        self._prior = prior
        self._loops = loops
        self._layers: tuple[Layer, ...] = (*layers, *(() if taught is None else (taught,)))
        self._taught = taught

    def weigh(self, tokens: Tokens) -> Opinion:
        """What the message looks like by all that was learned so far."""
        weights = self._weights_of(tokens.indices)
        sums = np.add.reduceat(weights, tokens.starts, dtype=np.float64).tolist()
        known = 0.0 if self._prior is None else self._prior.log_odds(tokens, self._loops)
        views = tuple(view * scale for view, scale in zip(sums, _scales(tokens), strict=True))
        return Opinion(views, known, self._counting_lessons())

    def _counting_lessons(self) -> int:
        spam = sum(layer.spam_lessons for layer in self._layers)
        return min(sum(layer.lessons for layer in self._layers), PER_SPAM * (spam + 1))

    def _weights_of(self, indices: Indices) -> Weights:
        """Of all layers together; nearly always there is one, or two."""
        if not self._layers:
            return np.zeros(len(indices), np.float32)
        first, *others = self._layers
        weights = first.weights_of(indices, self._loops.take)
        for layer in others:
            weights = weights + layer.weights_of(indices, self._loops.take)
        return weights

    def learn(self, tokens: Tokens, *, is_spam: bool, opinion: Opinion | None = None) -> None:
        """Take in what the message really is; `opinion` is what `weigh` says now, where the caller has it already."""
        self._step(tokens, is_spam, opinion or self.weigh(tokens)).count(is_spam=is_spam)

    def repeat(self, tokens: Tokens, *, is_spam: bool) -> None:
        """Take in once more what was learned before: no lesson of its own."""
        self._step(tokens, is_spam, self.weigh(tokens))

    def _step(self, tokens: Tokens, is_spam: bool, opinion: Opinion) -> DenseLayer:  # noqa: FBT001 - the truth itself
        if self._taught is None:
            raise ValueError("no layer to be taught")
        log_odds = np.array(opinion.views)
        errors = is_spam - 1 / (1 + np.exp(-log_odds.clip(-_CLIP, _CLIP)))
        is_wrong = np.abs(errors) >= MARGIN
        if is_wrong.any():
            counts = tokens.counts
            gradients = (errors * np.array(_scales(tokens))).astype(np.float32).repeat(counts)
            chosen = is_wrong.repeat(counts)
            self._taught.step(tokens.indices[chosen], gradients[chosen], RATE, FLOOR)
        return self._taught


def _scales(tokens: Tokens) -> list[float]:
    """Long messages must not shout: the tokens of a view have length one together."""
    return [1 / sqrt(last - first + 1) for first, last in pairwise(tokens.edges.tolist())]
