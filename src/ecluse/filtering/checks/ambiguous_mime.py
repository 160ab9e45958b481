"""The MIME structure shows different parts to different readers."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.wire.mime.defects import HIDING


def ambiguous_mime(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """We look at every reading, the virus scanner only at its own: such mail is less scanned than other mail."""
    if isinstance(evidence.parts, Unknown):
        return
    found = HIDING.intersection(evidence.parts.defects)
    if found:
        yield Finding("AMBIGUOUS_MIME", " ".join(sorted(found)))
