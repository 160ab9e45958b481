"""The sending server greeted us with no name, or with a false address."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, HeloState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def false_helo(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """RFC 5321 section 4.1.4 forbids to refuse for it alone; scanners and printers do it as well as robots."""
    if isinstance(evidence.connection, Unknown):
        return
    if evidence.connection.helo in {HeloState.NO_NAME, HeloState.FALSE_LITERAL}:
        yield Finding("FALSE_HELO", evidence.connection.helo.value)
