"""The sending server's name looks like a subscriber's line."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def dynamic_name(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Infected computers at home send from such names; so do honest small offices."""
    if isinstance(evidence.connection, Unknown):
        return
    if evidence.connection.is_dynamic:
        yield Finding("DYNAMIC_NAME")
