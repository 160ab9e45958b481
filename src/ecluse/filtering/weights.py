"""What findings count: the client's weight before ours, ours fitted before set by hand."""

from __future__ import annotations

from math import fsum

from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.fusion import fusion
from ecluse.filtering.meanings import MEANINGS


def weight_of(code: str) -> float:
    """The default weight: fitted where there was enough mail to fit it, else the one that was set by hand."""
    fitted = fusion().weights.get(code)
    return MEANINGS[code].weight if fitted is None else fitted.weight


def score(findings: tuple[Finding, ...], policy: Policy) -> float:
    """The sum of the weights, the client's before ours; a code counts once, by its strongest finding."""
    strengths: dict[str, float] = {}
    for finding in findings:
        strengths[finding.code] = max(finding.strength, strengths.get(finding.code, 0.0))
    return fsum(strength * _weight(code, policy) for code, strength in strengths.items())


def _weight(code: str, policy: Policy) -> float:
    own = policy.weights.get(code)
    return weight_of(code) if own is None else own


def words(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The families of reasons that the findings belong to, each once, in the findings' order."""
    return tuple(dict.fromkeys(word for finding in findings if (word := MEANINGS[finding.code].word)))
