"""The layer that is being taught."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ecluse.filtering.learning.tokens import INDEX_BITS
from ecluse.ports.models import Indices, Take, Weights


class DenseLayer:
    """A weight for every place, and what AdaGrad remembers of its steps; pages that nobody touched cost nothing."""

    __slots__ = ("lessons", "spam_lessons", "squares", "weights")

    def __init__(self) -> None:
        self.weights = np.zeros(1 << INDEX_BITS, np.float32)
        self.squares = np.zeros(1 << INDEX_BITS, np.float32)  # Sums of squared gradients.
        self.lessons = self.spam_lessons = 0

    def weights_of(self, indices: Indices, take: Take = np.take) -> Weights:
        """See `Layer.weights_of`."""
        return take(self.weights, indices)

    def step(self, indices: Indices, gradients: Weights, rate: float, floor: float) -> None:
        """One AdaGrad step along the gradient of each of these distinct places."""
        squares = self.squares.take(indices) + gradients * gradients
        self.squares[indices] = squares
        self.weights[indices] += np.float32(rate) * gradients / np.sqrt(squares + np.float32(floor))

    def count(self, *, is_spam: bool) -> None:
        """One lesson more."""
        self.lessons += 1
        self.spam_lessons += is_spam

    def exported(self) -> dict[str, NDArray[np.generic]]:
        """What differs from a new layer, by name."""
        places = np.flatnonzero(self.squares).astype(np.uint32)
        return {
            "places": places,
            "weights": self.weights[places],
            "squares": self.squares[places],
            "lessons": np.array(self.lessons),
            "spam_lessons": np.array(self.spam_lessons),
        }

    def restore(self, exported: Mapping[str, NDArray[np.generic]]) -> None:
        """Become what was exported. Raises KeyError and ValueError where something is missing or does not fit."""
        places = exported["places"].astype(np.uint32)
        if len(places) and int(places.max()) >= len(self.weights):
            raise ValueError("a place that no model has")
        self.weights[:], self.squares[:] = 0, 0
        self.weights[places] = exported["weights"]
        self.squares[places] = exported["squares"]
        self.lessons, self.spam_lessons = int(exported["lessons"]), int(exported["spam_lessons"])
