"""DNS lists name a domain of the sender."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import ListKind, Meaning, counts, is_wide, names_of
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def listed_domain(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """The domains of the greeting, the envelope and the author: each may be forged, so they weigh less than links."""
    if isinstance(evidence.listings, Unknown):
        return
    found = evidence.listings.of(Meaning.BAD, ListKind.HELO, ListKind.SENDER_DOMAIN)
    if is_wide(found):
        yield Finding("WIDELY_LISTED_DOMAIN", names_of(found))
    elif counts(found):
        yield Finding("LISTED_DOMAIN", names_of(found))
