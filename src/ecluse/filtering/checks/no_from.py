"""Nobody signs for the message."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def no_from(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """RFC 5322 section 3.6 wants one From field; a script that forgets it is more often careless than hostile."""
    if not isinstance(evidence.headers, Unknown) and "from" not in evidence.headers.counts:
        yield Finding("NO_FROM")
