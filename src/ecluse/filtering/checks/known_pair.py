"""The sender has written to this recipient for some time, and hardly anything was bad."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.history import Kind
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import is_proven

MIN_AGE_DAYS = 7.0
MIN_GOOD = 3.0
MAX_BAD_SHARE = 0.1


def known_pair(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A mailbox may be stolen, so the weight must not outweigh a virus or a wide listing."""
    history = evidence.history
    if isinstance(history, Unknown) or not is_proven(evidence, history.sender_domain):
        return
    for pair in history.of(Kind.PAIR):
        if pair.age_days >= MIN_AGE_DAYS and pair.good >= MIN_GOOD and pair.bad_share <= MAX_BAD_SHARE:
            yield Finding("KNOWN_PAIR", f"{pair.good:.0f} messages in {pair.age_days:.0f} days", pair.recipient)
