"""A link or an author bears a name that is made to be taken for another one."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.links import LookAlikeFact
from ecluse.domain.policy import Policy


def look_alike(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A letter more or less happens to honest companies; what the eye cannot tell apart does not."""
    if not isinstance(evidence.links, Unknown):
        for fact in evidence.links.look_alikes:
            yield Finding(_code(fact), f"{fact.domain} for {fact.brand}")


def _code(fact: LookAlikeFact) -> str:
    if fact.likeness == "shape":
        return "LOOKALIKE_PROTECTED" if fact.is_protected else "LOOKALIKE_BRAND"
    return "LOOKALIKE_NEAR"
