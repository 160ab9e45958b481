"""The sending address has no name, or one that is not its own."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, ReverseState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def reverse_name(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """What the DNS did not say is held against nobody."""
    if isinstance(evidence.connection, Unknown):
        return
    if evidence.connection.reverse is ReverseState.NONE:
        yield Finding("NO_REVERSE_NAME")
    elif evidence.connection.reverse is ReverseState.UNCONFIRMED:
        yield Finding("UNCONFIRMED_REVERSE_NAME", " ".join(evidence.connection.names))
