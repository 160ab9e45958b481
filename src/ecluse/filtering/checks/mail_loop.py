"""The message runs in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

MAX_RECEIVED = 50  # Design 6.7; RFC 5321 section 6.3 asks for at least 100 only of those who look at nothing else.
# What one client writes to another comes by twice, and twice more where that one's server forwards it to a third. Odd, so
# that a circle over a client's server ends at the inbound door: who stands there knows whom to tell.
MAX_OWN = 5


def mail_loop(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """It went through us again and again, or through far too many others."""
    if isinstance(evidence.trace, Unknown):
        return
    if evidence.trace.own_count > MAX_OWN:
        yield Finding("MAIL_LOOP", f"{evidence.trace.own_count} Received fields of ours")
    elif evidence.trace.received_count > MAX_RECEIVED:
        yield Finding("MAIL_LOOP", f"{evidence.trace.received_count} Received fields")
