"""Where the message stands with greylisting."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, GreylistState
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.greylisting import standing

_CODES = {
    GreylistState.NEW: "GREYLIST_NEW",
    GreylistState.EARLY: "GREYLIST_EARLY",
    GreylistState.BACK: "GREYLIST_BACK",
}


def greylist(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Nothing where it is switched off or the memory is out of reach; the judge knows whether the score is unclear."""
    for entry in standing(evidence):
        if entry.state in _CODES:
            yield Finding(_CODES[entry.state], recipient=entry.recipient)
