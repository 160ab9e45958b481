"""Lessons in their order: with each new one, an earlier one is gone through once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ecluse.filtering.learning.classifier import Classifier, Opinion
from ecluse.filtering.learning.tokens import Tokens, tokens_at

REMEMBERED = 1_000  # Lessons of which one is repeated: some 12 MB of tokens.
_SPREAD = 2_654_435_761  # Knuth's multiplier: chosen without chance, and in step with no pattern of the lessons.


class Lessons:
    """Teaches a classifier. The same lessons in the same order teach the same, wherever one went on from.

    Where few people say what their mail was, each lesson is worth more than one look (bench/README.md, "What delayed
    feedback costs"); of a repetition that the classifier knows well nothing is learned, and none counts as a lesson.
    """

    __slots__ = ("_classifier", "_count", "_earlier")

    def __init__(
        self, classifier: Classifier, earlier: Iterable[tuple[Tokens, bool]] = (), count: int | None = None
    ) -> None:
        """After `count` lessons, the last of which are `earlier`: tokens, and whether it was spam."""
        self._classifier = classifier
        self._earlier = deque(earlier, REMEMBERED)
        self._count = len(self._earlier) if count is None else count

    def learn(self, tokens: Tokens, *, is_spam: bool, opinion: Opinion | None = None) -> None:
        """See `Classifier.learn`."""
        self._classifier.learn(tokens, is_spam=is_spam, opinion=opinion)
        if self._earlier:
            again, was_spam = self._earlier[(self._count * _SPREAD >> 8) % len(self._earlier)]
            self._classifier.repeat(again, is_spam=was_spam)
        self._earlier.append((tokens, is_spam))
        self._count += 1

    def exported(self) -> dict[str, NDArray[np.generic]]:
        """What `restore` needs, by name."""
        indices = [tokens.indices for tokens, _ in self._earlier]
        return {
            "earlier_indices": np.concatenate(indices) if indices else np.empty(0, np.uint32),
            "earlier_counts": np.array([len(each) for each in indices], np.int64),
            "earlier_spam": np.array([is_spam for _, is_spam in self._earlier], np.bool_),
            "earlier_lessons": np.array(self._count),
        }

    def restore(self, exported: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on from what was exported. Raises KeyError and ValueError where something is missing or does not fit."""
        ends = exported["earlier_counts"].astype(np.int64).cumsum()
        pieces = np.split(exported["earlier_indices"].astype(np.uint32), ends)[:-1]
        labels = exported["earlier_spam"].tolist()
        self._earlier = deque(zip(map(tokens_at, pieces), labels, strict=True), REMEMBERED)
        self._count = int(exported["earlier_lessons"])
