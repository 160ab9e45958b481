"""The MIME structure is larger or deeper than we look."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def beyond_limits(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """What lies beyond was not looked at, and never will be."""
    if not isinstance(evidence.parts, Unknown) and evidence.parts.exceeds_limits:
        yield Finding("BEYOND_LIMITS", f"{evidence.parts.count} parts, {evidence.parts.depth} deep")
