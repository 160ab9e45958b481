"""What of a message the report to its author's domain will need, as the journal keeps it."""

from __future__ import annotations

from ecluse.domain.authentication import AuthenticationFacts, SignatureFacts
from ecluse.domain.event import DmarcEvent
from ecluse.domain.evidence import Evidence, Unknown

MAX_SIGNATURES = 5  # As many as are verified.


def dmarc_event(evidence: Evidence) -> DmarcEvent | None:
    """None where the author's domain publishes no record, or the message has neither passed nor failed."""
    facts = evidence.authentication
    if isinstance(facts, Unknown) or not facts.dmarc.record or facts.dmarc.result not in {"pass", "fail"}:
        return None
    return DmarcEvent(
        from_domain=facts.dmarc.from_domain,
        policy_domain=facts.dmarc.policy_domain,
        record=facts.dmarc.record,
        policy=facts.dmarc.policy,
        is_spf_aligned=facts.dmarc.is_spf_aligned,
        is_dkim_aligned=facts.dmarc.is_dkim_aligned,
        spf=(facts.spf.domain, facts.spf.result) if facts.spf.identity == "mailfrom" else None,
        dkim=tuple((one.domain, one.selector, one.result) for one in _signatures(facts)),
    )


def _signatures(facts: AuthenticationFacts) -> tuple[SignatureFacts, ...]:
    """Those that passed first; without a selector there is nothing to tell (RFC 9990)."""
    named = (one for one in facts.signatures if one.domain and one.selector)
    return tuple(sorted(named, key=lambda one: one.result != "pass"))[:MAX_SIGNATURES]
