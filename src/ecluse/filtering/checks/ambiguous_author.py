"""The one From field shows different authors to different readers."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def ambiguous_author(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Encoded addresses, NUL octets, unbalanced quotes: what sender authentication is deceived with."""
    if isinstance(evidence.headers, Unknown):
        return
    # Several From fields are ambiguous too, but `several_from` says so already.
    if evidence.headers.from_is_ambiguous and evidence.headers.counts.get("from", 0) == 1:
        yield Finding("AMBIGUOUS_AUTHOR")
