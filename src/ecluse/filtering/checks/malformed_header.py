"""Lines of the header section are neither a field nor a continuation."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def malformed_header(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Readers disagree where such a header section ends (RFC 5322 section 2.2)."""
    if not isinstance(evidence.headers, Unknown) and evidence.headers.malformed_lines:
        yield Finding("MALFORMED_HEADER", f"{evidence.headers.malformed_lines} lines")
