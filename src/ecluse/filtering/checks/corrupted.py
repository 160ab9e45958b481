"""Three publishers of DNS lists or more name the sending server or a linked domain."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import corrupted as corrupted_targets
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def corrupted(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """The contract's word for it (1-8): what later proves that a complaint about the verdict is excluded (1-11)."""
    if isinstance(evidence.listings, Unknown):
        return
    targets = corrupted_targets(evidence.listings.listings)
    if targets:
        yield Finding("CORRUPTED", " ".join(targets))
