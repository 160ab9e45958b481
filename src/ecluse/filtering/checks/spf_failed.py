"""The envelope sender's domain disowns the sending server."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

_CODES = {"fail": "SPF_FAIL", "softfail": "SPF_SOFTFAIL"}


def spf_failed(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Plain forwarding breaks SPF, so the weight must stay far below `refuse_at`."""
    facts = evidence.authentication
    if not isinstance(facts, Unknown) and (code := _CODES.get(facts.spf.result)):
        yield Finding(code, facts.spf.domain)
