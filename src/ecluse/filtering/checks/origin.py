"""Where the sending server's address is at home."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def origin(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Information for people: no country is a reproach."""
    if not isinstance(evidence.connection, Unknown) and (place := str(evidence.connection.place)):
        yield Finding("ORIGIN", place)
