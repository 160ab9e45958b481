"""YARA rules, ours or the house's, fit a file or something in it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.opened import Severity
from ecluse.domain.policy import Policy

MAX_NAMES = 10

CODES = {
    Severity.SEVERE: "RULE_SEVERE",
    Severity.SUSPICIOUS: "RULE_SUSPICIOUS",
    Severity.NOTICE: "RULE_NOTICE",
}


def rules(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """One finding for each severity; the detail names the rules."""
    facts = evidence.files
    if isinstance(facts, Unknown):
        return
    for severity, code in CODES.items():
        names = [rule.name for rule in facts.rules if rule.severity is severity]
        if names:
            yield Finding(code, " ".join(names[:MAX_NAMES]))
