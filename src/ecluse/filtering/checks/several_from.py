"""There are several From fields, and each reader shows another one."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def several_from(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """RFC 5322 section 3.6: exactly one."""
    if isinstance(evidence.headers, Unknown):
        return
    count = evidence.headers.counts.get("from", 0)
    if count > 1:
        yield Finding("SEVERAL_FROM", str(count))
