"""The scanner found a virus."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, ScanState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def infected(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """The detail names the virus and the engine that found it (9-5)."""
    if not isinstance(evidence.scan, Unknown) and evidence.scan.state is ScanState.INFECTED:
        yield Finding("VIRUS", f"{evidence.scan.signature} by {evidence.scan.engine or 'the scanner'}")
