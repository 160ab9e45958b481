"""The message carries the file that tests virus scanners."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def eicar(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Known without a scanner, so that the test also works where none is configured."""
    if not isinstance(evidence.parts, Unknown) and evidence.parts.has_eicar:
        yield Finding("EICAR")
