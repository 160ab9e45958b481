"""A text is declared in a charset in which filters cannot read it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.wire.mime.defects import Defect


def odd_charset(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """UTF-7, UTF-16 and the like: we read both what is declared and what stands there."""
    if not isinstance(evidence.parts, Unknown) and Defect.ODD_CHARSET in evidence.parts.defects:
        yield Finding("ODD_CHARSET")
