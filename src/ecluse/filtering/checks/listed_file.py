"""A hash list names a file of the message."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def listed_file(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """The detail names the lists."""
    facts = evidence.listed_files
    if not isinstance(facts, Unknown) and facts.lists:
        yield Finding("KNOWN_BAD_FILE", " ".join(facts.lists))
