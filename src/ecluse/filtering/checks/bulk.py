"""The message says of itself that it is mass mailing."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def bulk(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Newsletters and mailing lists: information for the status header and the log, no reproach (market 2.5)."""
    if not isinstance(evidence.headers, Unknown) and evidence.headers.is_bulk:
        yield Finding("BULK")
