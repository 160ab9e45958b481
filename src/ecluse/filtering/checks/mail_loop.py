"""The message runs in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

MAX_RECEIVED = 50  # Design 6.7; RFC 5321 section 6.3 asks for at least 100 only of those who look at nothing else.


def mail_loop(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """It went through us before, or through far too many others."""
    if isinstance(evidence.trace, Unknown):
        return
    if evidence.trace.has_own:
        yield Finding("MAIL_LOOP", "our own Received field")
    elif evidence.trace.received_count > MAX_RECEIVED:
        yield Finding("MAIL_LOOP", f"{evidence.trace.received_count} Received fields")
