"""A file has a name that the policy bans, itself or in an archive, or a content that such names have."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def banned_names(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """The fact is the policy's own: only suffixes that it names are stated, never others, nor whole names (15-8)."""
    places = (evidence.parts, evidence.files)
    suffixes = {suffix for facts in places if not isinstance(facts, Unknown) for suffix in facts.suffixes}
    banned = sorted(policy.banned_suffixes & suffixes)
    if banned:
        yield Finding("BANNED_NAME", " ".join(banned))
