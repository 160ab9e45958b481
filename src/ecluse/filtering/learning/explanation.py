"""Why a classifier thinks what it thinks, in words that people can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ecluse.filtering.learning.letter import Letter
from ecluse.filtering.learning.tokens import PLACE_BITS, View, named_tokens, tokens_of
from ecluse.ports.models import Layer

MAX_REASONS = 8


@dataclass(frozen=True, slots=True)
class Reason:
    """One token and its share."""

    view: str  # "words" or "facts": octets of four say nothing to people.
    text: str
    log_odds: float  # Of its view, positive for spam.


def strongest(letter: Letter, layers: Sequence[Layer], sign: float, count: int = MAX_REASONS) -> Iterator[Reason]:
    """The tokens that speak most strongly for spam (`sign` 1) or for ham (-1), the strongest first."""
    names, places = named_tokens(letter)
    weights = np.zeros(len(places), np.float32)
    for layer in layers:
        weights += layer.weights_of(places)
    scales = 1 / np.sqrt(tokens_of(letter).counts + 1)
    shares = weights * scales[places >> np.uint32(PLACE_BITS)]
    told: set[str] = set()
    for position in np.argsort(-sign * shares, kind="stable"):
        if len(told) == count or sign * shares[position] <= 0:
            return
        if names[position] not in told:
            told.add(names[position])
            view = View(int(places[position] >> PLACE_BITS)).name.lower()
            yield Reason(view, names[position], round(float(shares[position]), 3))
