"""DNS lists name the sending server."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import ListKind, Meaning, counts, is_wide, names_of
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def listed_ip(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Many lists together mean more than one; none of them refuses a message alone (1-5)."""
    if isinstance(evidence.listings, Unknown):
        return
    found = evidence.listings.of(Meaning.BAD, ListKind.IP)
    if is_wide(found):
        yield Finding("WIDELY_LISTED_IP", names_of(found))
    elif counts(found):
        yield Finding("LISTED_IP", names_of(found))
