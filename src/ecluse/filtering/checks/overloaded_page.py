"""A page of the message is larger or stranger than we read."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def overloaded_page(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """What lies beyond the limits was not looked at."""
    if not isinstance(evidence.texts, Unknown) and evidence.texts.is_cut:
        yield Finding("OVERLOADED_PAGE")
