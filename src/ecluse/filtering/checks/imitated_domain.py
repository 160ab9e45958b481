"""The sender's domain is easily taken for another."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import pretences


def imitated_domain(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Two honest companies may have such names: what it adds up with decides."""
    facts = pretences(evidence)
    if facts.imitated_domain:
        yield Finding("IMITATES_US" if facts.is_imitated_ours else "IMITATES_KNOWN", facts.imitated_domain)
    elif facts.imitated_brand:
        yield Finding("IMITATES_BRAND", f"{facts.imitated_brand}: {facts.author_domain}")
