"""DNS lists name a domain that the message links to."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import ListKind, Meaning, counts, is_wide, names_of
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def listed_link(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """What is advertised cannot be forged: the reader is meant to go there."""
    if isinstance(evidence.listings, Unknown):
        return
    found = evidence.listings.of(Meaning.BAD, ListKind.BODY_DOMAIN)
    if is_wide(found):
        yield Finding("WIDELY_LISTED_LINK", names_of(found))
    elif counts(found):
        yield Finding("LISTED_LINK", names_of(found))
