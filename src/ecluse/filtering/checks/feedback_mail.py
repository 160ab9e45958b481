"""A user of the client's brings mail to the address that hears what was spam, or ham."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def feedback_mail(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """For each such address; the domain itself must be proven, its parents or children are others' perhaps."""
    if not policy.feedback_addresses or not _is_by_own_user(evidence):
        return
    for address in sorted(policy.feedback_addresses):
        yield Finding("FEEDBACK_MAIL", recipient=address)


def _is_by_own_user(evidence: Evidence) -> bool:
    facts, author = evidence.authentication, evidence.impersonation
    if isinstance(facts, Unknown) or isinstance(author, Unknown) or not author.is_author_ours:
        return False
    return bool(facts.from_domain) and facts.from_domain in {facts.spf_domain, *facts.dkim_domains}
