"""A DNS list knows the sending server as a good one."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import ListKind, Meaning, names_of
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def well_listed_ip(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A good server may still relay one bad message, so this only lightens."""
    if isinstance(evidence.listings, Unknown):
        return
    if found := evidence.listings.of(Meaning.GOOD, ListKind.IP):
        yield Finding("WELL_LISTED_IP", names_of(found))
