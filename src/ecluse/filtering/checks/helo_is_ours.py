"""The sending server greeted us with our own name."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, HeloState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def helo_is_ours(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Nobody but us bears it; robots hope that we let ourselves pass."""
    if isinstance(evidence.connection, Unknown):
        return
    if evidence.connection.helo is HeloState.OURS:
        yield Finding("HELO_IS_OURS")
