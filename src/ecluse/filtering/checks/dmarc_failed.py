"""The author's domain does not stand behind the message, and says what it wants done with such mail."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.authentication import AuthenticationFacts
from ecluse.domain.evidence import Evidence, HeaderFacts, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import trusted_sealer

_CODES = {"reject": "DMARC_REJECT", "quarantine": "DMARC_QUARANTINE", "none": "DMARC_FAIL"}


def dmarc_failed(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """RFC 9989 section 5.4: a policy alone rejects nothing; forwarders and lists break what was in order."""
    facts = evidence.authentication
    if isinstance(facts, Unknown) or facts.dmarc.result != "fail":
        return
    if sealer := trusted_sealer(facts, policy):
        yield Finding("ARC_OVERRIDE", f"{facts.from_domain}, sealed by {sealer}")
        return
    yield Finding(_CODES.get(facts.dmarc.policy, "DMARC_FAIL"), facts.from_domain)
    if _came_by_list(facts, evidence.headers):
        yield Finding("LIST_FORWARD", facts.from_domain)


def _came_by_list(facts: AuthenticationFacts, headers: HeaderFacts | Unknown) -> bool:
    """A mailing list that is authenticated itself: it changed subject or body, and so broke the author's signature."""
    is_list = not isinstance(headers, Unknown) and "list-id" in headers.counts
    return is_list and bool(facts.dkim_domains or facts.spf_domain)
