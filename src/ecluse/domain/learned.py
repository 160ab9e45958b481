"""What the classifier makes of a message, as evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LearnedFacts:
    """Numbers alone: tokens are content, and stay behind."""

    log_odds: float  # Of spam; 0 is undecided.
    probability: float
    views: tuple[float, ...]  # The share of each view in the log-odds: head, text, words, facts.
    version: str  # Of the model.
    taught: int = 0  # Messages that the client itself has taught the model.
