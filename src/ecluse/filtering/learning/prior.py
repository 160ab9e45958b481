"""What is known of mail before anybody has taught anything: a few hundred common words and facts, the data of prior.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

import msgspec
import numpy as np

from ecluse.filtering.learning.tokens import ARRAYS, Loops, Tokens, View, fact_places, word_places
from ecluse.ports.models import Indices, Weights

DATA = Path(__file__).with_name("prior.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorWeights:
    """What was fitted, by name: log-odds, for spam where positive, before they are scaled to the message."""

    made: str  # Date.
    command: str
    corpora: dict[str, str]  # Name -> years of the mail that was fitted to.
    words: dict[str, float]
    facts: dict[str, float]
    everywhere: float  # For every message.


class Prior:
    """Weights by place; the same for all clients, and never taught."""

    __slots__ = ("_everywhere", "_places", "_weights")

    def __init__(self, weights: PriorWeights) -> None:
        words = [word_places([word.encode()]) for word in weights.words]
        places = np.concatenate((*words, fact_places([fact.encode() for fact in weights.facts])))
        values = np.fromiter((*weights.words.values(), *weights.facts.values()), np.float32)
        order = places.argsort()
        self._places: Indices = places[order]
        self._weights: Weights = values[order]
        self._everywhere = weights.everywhere

    def log_odds(self, tokens: Tokens, loops: Loops = ARRAYS) -> float:
        """For spam where positive; a message that says much does not count more than one that says little."""
        readable = tokens.indices[tokens.edges[View.WORDS] :]  # It knows words and facts, no grams.
        weights = self._weights.take(loops.among(self._places, readable))
        return float(np.add.reduce(weights)) / sqrt(len(weights) + 1) + self._everywhere


def read_prior(octets: bytes) -> Prior:
    """What `bench/prior.py` has fitted. Raises `msgspec.MsgspecError` and UnicodeDecodeError for anything else."""
    return Prior(msgspec.toml.decode(octets, type=PriorWeights))


@cache
def shipped() -> Prior:
    """What this version came with."""
    return read_prior(DATA.read_bytes())
