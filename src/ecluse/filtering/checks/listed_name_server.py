"""A DNS list names the name servers of a domain that the message links to."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import ListKind, Meaning, counts, names_of
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def listed_name_server(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Fresh domains of old spammers stand on their old servers, but so may those of their honest neighbours."""
    if isinstance(evidence.listings, Unknown):
        return
    found = evidence.listings.of(Meaning.BAD, ListKind.NAME_SERVER)
    if counts(found):
        yield Finding("LISTED_NAME_SERVER", names_of(found))
