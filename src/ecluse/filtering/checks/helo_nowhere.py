"""The name in the sending server's greeting does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, HeloState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def helo_nowhere(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Names that only their own network knows are common among honest servers, so it weighs little."""
    if isinstance(evidence.connection, Unknown):
        return
    if evidence.connection.helo is HeloState.NOWHERE:
        yield Finding("HELO_NOWHERE")
