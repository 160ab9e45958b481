"""The classifier takes it for spam, or for ham."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.fusion import points

LEAST = 0.1  # Points: less is no opinion.


def learned(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """As strong as the opinion is sure, within what such opinions were worth on mail that they had not seen."""
    facts = evidence.learned
    if isinstance(facts, Unknown):
        return
    strength = round(points(facts.log_odds, facts.taught), 3)
    if abs(strength) >= LEAST:
        code = "LEARNED_SPAM" if strength > 0 else "LEARNED_HAM"
        yield Finding(
            code, f"{strength:+.2f} points for {facts.log_odds:+.1f} by {facts.version}", strength=abs(strength)
        )
