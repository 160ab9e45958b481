"""The sender, as far as proven, has never written to this recipient."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import is_proven


def first_contact(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Information for people: much good mail is a first contact, and nearly all fraud."""
    history = evidence.history
    if isinstance(history, Unknown) or (history.is_correspondent and is_proven(evidence, history.sender_domain)):
        return
    for recipient in history.strangers:
        yield Finding("FIRST_CONTACT", recipient=recipient)
