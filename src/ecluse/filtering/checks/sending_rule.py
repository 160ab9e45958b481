"""A rule fits that the sender's client has set for its own mail."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.sending_rules import first_fitting


def sending_rule(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """The first of them; its name is the client's own word, and says nothing of the message."""
    rule = first_fitting(policy.sending_rules, evidence)
    if rule is not None:
        yield Finding("SENDING_RULE", rule.name)
