"""There is no date that can be read."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def no_date(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """RFC 5322 section 3.6: Date is required."""
    if not isinstance(evidence.headers, Unknown) and not evidence.headers.has_date:
        yield Finding("NO_DATE")
