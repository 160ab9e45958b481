"""A sender whom nobody here knows writes of money and presses for it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import is_on_behalf, pretences


def money_wording(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A reminder of an honest supplier reads alike: it counts little, and nothing from a correspondent."""
    facts = pretences(evidence)
    if facts.asks_for_money and not is_on_behalf(evidence):
        yield Finding("MONEY_WORDING", " ".join(facts.themes))
