"""The message carries the line that tests spam filters."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def gtube(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """The Generic Test for Unsolicited Bulk Email: refused everywhere, so that one mail proves a filter is in place."""
    if not isinstance(evidence.parts, Unknown) and evidence.parts.has_gtube:
        yield Finding("GTUBE")
