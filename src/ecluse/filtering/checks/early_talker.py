"""The sending server spoke before it was greeted."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def early_talker(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """RFC 5321 section 4.3.1 has the client wait for the greeting; spam programs often do not."""
    if evidence.spoke_early:
        yield Finding("EARLY_TALKER")
