"""No virus scanner has seen the message, or not all of it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import NOT_ASKED, Evidence, ScanState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def unscanned(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Unscanned is a state, never "clean" (design 1.4); what heals and what never heals are two findings.

    Where no scanner is configured nothing was promised, and nothing is stated.
    """
    scan = evidence.scan
    if isinstance(scan, Unknown):
        if scan != NOT_ASKED:
            yield Finding("UNSCANNED_UNAVAILABLE", scan.reason)
    elif scan.state is ScanState.UNAVAILABLE:
        yield Finding("UNSCANNED_UNAVAILABLE")
    elif scan.state is ScanState.TOO_LARGE:
        yield Finding("UNSCANNED_TOO_LARGE", scan.signature)
