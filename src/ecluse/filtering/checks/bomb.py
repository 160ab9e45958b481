"""A file unpacks to far more than it is."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def bomb(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """No honest program builds such a file: it is made to bring down whoever looks into it."""
    if not isinstance(evidence.files, Unknown) and "bomb" in evidence.files.flags:
        yield Finding("BOMB")
