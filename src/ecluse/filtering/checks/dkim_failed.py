"""A DKIM signature that does not fit, or that leaves open what readers see."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def dkim_failed(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A broken signature is as good as none (RFC 6376 section 6.1); octets added behind l= are another thing."""
    facts = evidence.authentication
    if isinstance(facts, Unknown):
        return
    if facts.signatures and not facts.dkim_domains:
        yield Finding("DKIM_FAIL", " ".join(dict.fromkeys(one.domain for one in facts.signatures if one.domain)))
    if any(one.result in {"pass", "policy"} and one.has_unsigned_body for one in facts.signatures):
        yield Finding("DKIM_UNSIGNED_BODY")
