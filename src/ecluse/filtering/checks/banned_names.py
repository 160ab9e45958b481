"""A file has a name that the policy bans."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def banned_names(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """The fact is the policy's own: only suffixes that it names are stated, never others, nor whole names (15-8)."""
    if isinstance(evidence.parts, Unknown):
        return
    banned = sorted(policy.banned_suffixes.intersection(evidence.parts.suffixes))
    if banned:
        yield Finding("BANNED_NAME", " ".join(banned))
