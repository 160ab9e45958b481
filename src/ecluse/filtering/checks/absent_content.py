"""The message leads to content that is not in it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.wire.mime.defects import Defect

CODES = {Defect.PARTIAL_MESSAGE: "PARTIAL_MESSAGE", Defect.EXTERNAL_BODY: "EXTERNAL_BODY"}


def absent_content(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """RFC 2046 sections 5.2.2 and 5.2.3: what no scanner sees, a mail program puts together or fetches."""
    if isinstance(evidence.parts, Unknown):
        return
    for defect, code in CODES.items():
        if defect in evidence.parts.defects:
            yield Finding(code)
