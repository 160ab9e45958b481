"""The message is one of many, and says so."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.domain.policy import Policy


def mass_mail(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Class M, and mailing lists apart from it: information and no reproach (market 2.5)."""
    facts = evidence.mass
    if isinstance(facts, Unknown):
        return
    if facts.kind is MassKind.DISCUSSION:
        yield Finding("MAILING_LIST")
    elif facts.kind is MassKind.NEWSLETTER:
        yield Finding("MASS_MAIL", facts.service)
        if _is_one_click(evidence, facts):
            yield Finding("ONE_CLICK", facts.unsubscribe_domain)


def _is_one_click(evidence: Evidence, facts: MassFacts) -> bool:
    """RFC 8058 section 4: only what a valid signature covers may be obeyed."""
    proof = evidence.authentication
    if isinstance(proof, Unknown):
        return False
    return any(one.result == "pass" and one.start in facts.one_click_signatures for one in proof.signatures)
