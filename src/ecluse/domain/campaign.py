"""The same message, or nearly the same, from many to many in a short time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a fingerprint has spread within the last hour or two; the last three are estimates, and low ones."""

    messages: float = 0.0
    networks: float = 0.0
    domains: float = 0.0  # Registered domains of envelope senders.
    recipients: float = 0.0


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """Fingerprints of a message's text and files; they tell nothing of what they are made of."""

    fingerprints: tuple[str, ...] = ()
    known: tuple[str, ...] = ()  # Those of them that came before, within the last hour or two.
    spread: Spread = Spread()  # Of the one that is known best.
