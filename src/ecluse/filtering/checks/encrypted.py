"""A file is encrypted, and the message does not tell the password."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def encrypted(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """Honest people send such files, and so do those who hide from virus scanners: the client decides (market 2.4)."""
    facts = evidence.files
    if isinstance(facts, Unknown) or not facts.encrypted:
        return
    yield Finding("ENCRYPTED_FILE", str(facts.encrypted))
    banned = sorted(policy.banned_suffixes.intersection(facts.sealed_suffixes))
    if banned:
        yield Finding("ENCRYPTED_PROGRAM", " ".join(banned))
