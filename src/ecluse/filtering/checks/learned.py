"""The classifier takes it for spam, or for ham."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

# Log-odds from which a code applies. Views agree too often to be independent witnesses, so that the sum is too sure:
# 4 is about nine in ten, 12 is beyond what ham of another stream reached (docs/learning.md).
GRADES = (
    (12.0, "LEARNED_SPAM_SURE"),
    (4.0, "LEARNED_SPAM"),
    (-4.0, ""),
    (-12.0, "LEARNED_HAM"),
    (float("-inf"), "LEARNED_HAM_SURE"),
)


def learned(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """One code at most: a model that knows little of a stream stays near zero, and then it says nothing."""
    facts = evidence.learned
    if isinstance(facts, Unknown):
        return
    code = next(code for least, code in GRADES if facts.log_odds >= least)
    if code:
        yield Finding(code, f"{facts.log_odds:+.1f} by {facts.version}")
