"""The MIME structure breaks its own grammar."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.wire.mime.defects import HIDING, Defect

# Carelessness; what hides content, what is not there and bad header lines are other checks' business.
ELSEWHERE = {
    Defect.EXCEEDS_LIMITS,
    Defect.MALFORMED_HEADER,
    Defect.PARTIAL_MESSAGE,
    Defect.EXTERNAL_BODY,
    Defect.ODD_CHARSET,
}
FAULTS = frozenset(Defect) - HIDING - ELSEWHERE


def malformed_mime(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Carelessness in most cases, so its weight is low."""
    if isinstance(evidence.parts, Unknown):
        return
    found = FAULTS.intersection(evidence.parts.defects)
    if found:
        yield Finding("MALFORMED_MIME", " ".join(sorted(found)))
