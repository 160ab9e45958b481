"""The message carries the file that tests virus scanners."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


def eicar(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Known without a scanner, so that the test also works where none is configured."""
    is_part = not isinstance(evidence.parts, Unknown) and evidence.parts.has_eicar
    is_in_file = not isinstance(evidence.files, Unknown) and "eicar" in evidence.files.flags
    if is_part or is_in_file:
        yield Finding("EICAR")
