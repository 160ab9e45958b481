"""How findings and classifier are put together, as fitted to labelled mail: the data of fusion.toml.

A point is the fifteenth part of ten thousand to one: a message with 15 points, `refuse_at`, is so much more likely to
be spam than ham if both are equally frequent. Points are log-odds, so that they are added up (docs/decisions/0016).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import log, tanh
from pathlib import Path

import msgspec

DATA = Path(__file__).with_name("fusion.toml")
POINT = log(10_000) / 15  # Nats.


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The weight of one code."""

    weight: float  # Points.
    ham: int  # Messages that showed it.
    spam: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the classifier's log-odds are worth."""

    taught: int  # From so many messages on that the client has taught.
    slope: float  # Points for each nat of its log-odds.
    most: float  # Points for spam, whatever it says.
    least: float  # Points for ham, whatever it says.


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Mail that was fitted to."""

    ham: int
    spam: int
    years: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """All that was fitted, and to what."""

    made: str  # Date.
    command: str
    corpora: dict[str, Corpus]
    calibrations: tuple[Calibration, ...]  # The least taught first.
    weights: dict[str, Fitted]  # By code; what is missing has the weight that was set by hand.


@cache
def fusion() -> Fusion:
    """The data that this version came with."""
    return msgspec.toml.decode(DATA.read_bytes(), type=Fusion)


def points(log_odds: float, taught: int) -> float:
    """What the classifier's opinion counts, for spam where positive: bounded, since it may be sure and wrong."""
    calibration = next(one for one in reversed(fusion().calibrations) if taught >= one.taught)
    return bounded(calibration.slope * log_odds, calibration)


def bounded(uncertain: float, calibration: Calibration) -> float:
    """Points drawn softly below their bound, so that the surer of two messages stays the surer."""
    bound = calibration.most if uncertain > 0 else calibration.least
    return bound * tanh(uncertain / bound)
