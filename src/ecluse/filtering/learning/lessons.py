"""Lessons in their order: with each new one, an earlier one of the scarcer class is gone through once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ecluse.filtering.learning.classifier import Classifier, Opinion
from ecluse.filtering.learning.tokens import Tokens, tokens_at

VERSION = 2  # Of what lessons teach by their order: what was learned by another one is learned anew.
REMEMBERED = 500  # Lessons of each class, of which one is repeated: some 12 MB of tokens.
_SPREAD = 2_654_435_761  # Knuth's multiplier: chosen without chance, and in step with no pattern of the lessons.


class Lessons:
    """Teaches a classifier. The same lessons in the same order teach the same, wherever one went on from.

    Where few people say what their mail was, each lesson is worth more than one look (bench/README.md, "What delayed
    feedback costs"), and those of the class that was told more rarely most; of a repetition that the classifier knows well
    nothing is learned, and none counts as a lesson.
    """

    __slots__ = ("_classifier", "_earlier", "_told")

    def __init__(
        self, classifier: Classifier, earlier: Iterable[tuple[Tokens, bool]] = (), told: tuple[int, int] | None = None
    ) -> None:
        """After so many ham and so much spam were told; `earlier` are the last of each, or all: tokens, and whether it was spam."""
        self._classifier = classifier
        self._keep(earlier)
        self._told = [*(told or map(len, self._earlier))]

    def _keep(self, earlier: Iterable[tuple[Tokens, bool]]) -> None:
        ham, spam = self._earlier = (deque[Tokens](maxlen=REMEMBERED), deque[Tokens](maxlen=REMEMBERED))
        for tokens, is_spam in earlier:
            (spam if is_spam else ham).append(tokens)

    def learn(self, tokens: Tokens, *, is_spam: bool, opinion: Opinion | None = None) -> None:
        """See `Classifier.learn`."""
        self._classifier.learn(tokens, is_spam=is_spam, opinion=opinion)
        ham, spam = self._told
        is_spam_scarcer = spam <= ham
        scarcer = self._earlier[is_spam_scarcer]
        if scarcer:
            again = scarcer[((ham + spam) * _SPREAD >> 8) % len(scarcer)]
            self._classifier.repeat(again, is_spam=is_spam_scarcer)
        self._earlier[is_spam].append(tokens)
        self._told[is_spam] += 1

    def exported(self) -> dict[str, NDArray[np.generic]]:
        """What `restore` needs, by name."""
        earlier = [(tokens.indices, is_spam) for is_spam, kept in enumerate(self._earlier) for tokens in kept]
        return {
            "earlier_indices": np.concatenate([each for each, _ in earlier]) if earlier else np.empty(0, np.uint32),
            "earlier_counts": np.array([len(each) for each, _ in earlier], np.int64),
            "earlier_spam": np.array([is_spam for _, is_spam in earlier], np.bool_),
            "earlier_told": np.array(self._told, np.int64),
        }

    def restore(self, exported: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on from what was exported. Raises KeyError and ValueError where something is missing or does not fit."""
        ends = exported["earlier_counts"].astype(np.int64).cumsum()
        pieces = np.split(exported["earlier_indices"].astype(np.uint32), ends)[:-1]
        labels = exported["earlier_spam"].tolist()
        self._keep(zip(map(tokens_at, pieces), labels, strict=True))
        ham, spam = exported["earlier_told"].astype(np.int64).reshape(2).tolist()
        self._told = [ham, spam]
