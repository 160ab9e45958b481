"""Answers go to another domain than the author's."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import is_on_behalf, pretences


def reply_elsewhere(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A free mailbox behind a company's address is a swindler's way to read the answers; other domains are usual."""
    facts = pretences(evidence)
    if not facts.reply_domain or is_on_behalf(evidence):
        return
    if facts.is_reply_free:
        yield Finding("REPLY_TO_FREE_MAIL", facts.reply_domain)
    elif facts.is_reply_new:
        yield Finding("REPLY_TO_STRANGER", facts.reply_domain)
