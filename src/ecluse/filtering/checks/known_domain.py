"""The author's proven domain has sent mail here for some time, and hardly anything was bad."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.history import Kind
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import proven_author

MIN_AGE_DAYS = 14.0
MIN_GOOD = 10.0
MAX_BAD_SHARE = 0.05


def known_domain(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Of the author's domain alone: a mailing service that signs too speaks for all its customers."""
    author = proven_author(evidence)
    if isinstance(evidence.history, Unknown) or not author:
        return
    for known in evidence.history.of(Kind.SENDER_DOMAIN, Kind.DKIM_DOMAIN):
        is_old_enough = known.age_days >= MIN_AGE_DAYS and known.good >= MIN_GOOD
        if known.name == author and is_old_enough and known.bad_share <= MAX_BAD_SHARE:
            yield Finding("KNOWN_DOMAIN", f"{author}: {known.good:.0f} messages in {known.age_days:.0f} days")
            return
