"""The client's own users have written to the sender."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import is_proven


def correspondent(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Whoever forges a correspondent must gain nothing by it, so envelope and author have to be proven."""
    history = evidence.history
    if isinstance(history, Unknown) or not history.is_correspondent:
        return
    if is_proven(evidence, history.sender_domain):
        yield Finding("CORRESPONDENT")
