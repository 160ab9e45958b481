"""A DNS list says that the sending address should send no mail directly."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.dnsbl import ListKind, Meaning, counts, names_of
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def policy_listed_ip(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Subscribers' lines are listed without having done harm, so this is no witness of corruption (1-8)."""
    if isinstance(evidence.listings, Unknown):
        return
    found = evidence.listings.of(Meaning.POLICY, ListKind.IP)
    if counts(found):
        yield Finding("POLICY_LISTED_IP", names_of(found))
