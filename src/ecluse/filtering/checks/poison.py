"""A file has ended the helpers that opened it, again and again."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.opened import Trouble
from ecluse.domain.policy import Policy


def poison(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """It is not opened again; somebody has to look at it (design 7)."""
    if not isinstance(evidence.files, Unknown) and Trouble.POISON in evidence.files.troubles:
        yield Finding("POISON")
